// All payments, newest first, with their receipts, refunds, and disputes.
import { ask } from "./api.js";
import { declineWords } from "./codes.js";
import { h, note, page } from "./dom.js";
import { cardName, micros, moment, money } from "./format.js";
import { growing, table } from "./list.js";
import { translator } from "./words.js";
import messages from "messages/history";

const t = translator(messages);
const KINDS = ["automatic", "checkout", "manual"];
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait", refunded: "plain", partly_refunded: "plain", disputed: "bad" };
const STATES = ["succeeded", "failed", "canceled", "requires_action", "created", "refunded", "partly_refunded", "disputed"];

export function historyPage() {
	const place = h("div");
	growing(place, (cursor) => ask("GET", "/top-ups", { query: { cursor } }), show, 6);
	return page(t("title"), t("lead"), h("div.card", place));
}

function show(items) {
	if (!items.length) return note("plain", t("none"));
	return table([t("date"), t("type"), t("method"), `#${t("amount")}`, t("status"), t("receipt")], items.map(row));
}

/** The state of a payment: a dispute or a refund matters more than that it was paid. */
function stateOf({ kind, status, amount, refunded, disputed, payment_method: method }) {
	if (disputed) return "disputed";
	const back = micros(refunded ?? "0.00");
	if (status === "succeeded" && back > 0n) return back < micros(amount) ? "partly_refunded" : "refunded";
	if (status === "created" && kind !== "checkout") return "processing";
	if (status === "processing" && method?.brand === "us_bank_account") return "bank_processing";
	return STATES.includes(status) ? status : "processing";
}

function row(topUp) {
	const state = stateOf(topUp);
	const amount = money(topUp.amount);
	const kind = KINDS.includes(topUp.kind) ? topUp.kind : "manual";
	return [moment(topUp.created_at), t(`kind_${kind}`), topUp.payment_method ? cardName(topUp.payment_method) : h("span.hint", t("noMethod")), amount, statusOf(topUp, state, amount), linkOf(topUp, amount)];
}

function statusOf(topUp, state, amount) {
	const more = topUp.failure ? declineWords(topUp.failure, topUp.payment_method) : {
		bank_processing: () => t("bankTakesDays"),
		refunded: () => t("refundedWhole", { amount }),
		partly_refunded: () => t("refundedPart", { refunded: money(topUp.refunded), amount }),
		disputed: () => t("disputedMeans"),
		created: () => t("notFinished"),
	}[state]?.();
	return h("span", h("span", { class: `pill ${LOOKS[state] ?? ""}` }, t(`state_${state}`)), more ? h("span.hint.block", more) : null);
}

function linkOf(topUp, amount) {
	const values = { amount, moment: moment(topUp.created_at) };
	if (topUp.receipt_url) return h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer", "aria-label": t("receiptFor", values) }, t("receipt"));
	if (topUp.next_action_url) return h("a", { href: topUp.next_action_url, "aria-label": t("confirmOf", values) }, t("confirm"));
	const isOpen = topUp.status === "created" && topUp.checkout_url && (!topUp.expires_at || new Date(topUp.expires_at) > Date.now());
	return isOpen ? h("a", { href: topUp.checkout_url, "aria-label": t("finishOf", values) }, t("finish")) : h("span.hint", t("noReceipt"));
}
