// All payments, newest first, with their receipts, refunds, and disputes.
import { ask } from "./api.js";
import { declineWords } from "./codes.js";
import { h, note, page } from "./dom.js";
import { cardName, micros, moment, money } from "./format.js";
import { growing, table } from "./list.js";
import { documentButton } from "./receipts.js";
import { isTaxed, paidFor } from "./tax.js";
import { translator } from "./words.js";
import messages from "messages/history";

const t = translator(messages);
const KINDS = ["automatic", "checkout", "manual"];
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait", refunded: "plain", partly_refunded: "plain", disputed: "bad" };
const STATES = ["succeeded", "failed", "canceled", "requires_action", "created", "refunded", "partly_refunded", "disputed"];

export function historyPage() {
	const [place, alert] = [h("div"), h("div", { role: "alert" })];
	growing(place, (cursor) => ask("GET", "/top-ups", { query: { cursor } }), (items) => show(items, alert), 6);
	return page(t("title"), t("lead"), alert, h("div.card", place));
}

function show(items, alert) {
	if (!items.length) return note("plain", t("none"));
	return table([t("date"), t("type"), t("method"), `#${t("amount")}`, t("status"), t("receipt")], items.map((one) => row(one, alert)));
}

/** The state of a payment: a dispute or a refund matters more than that it was paid. */
function stateOf(topUp) {
	const { kind, status, refunded, disputed, payment_method: method } = topUp;
	if (disputed) return "disputed";
	const back = micros(refunded ?? "0.00");
	if (status === "succeeded" && back > 0n) return back < micros(paidFor(topUp)) ? "partly_refunded" : "refunded";
	if (status === "created" && kind !== "checkout") return "processing";
	if (status === "processing" && method?.brand === "us_bank_account") return "bank_processing";
	return STATES.includes(status) ? status : "processing";
}

function row(topUp, alert) {
	const state = stateOf(topUp);
	const amount = money(paidFor(topUp));
	const shown = isTaxed(topUp) ? h("span", amount, h("span.hint.block", t("withTax", { net: money(topUp.amount), tax: money(topUp.tax) }))) : amount;
	const kind = KINDS.includes(topUp.kind) ? topUp.kind : "manual";
	return [moment(topUp.created_at), t(`kind_${kind}`), topUp.payment_method ? cardName(topUp.payment_method) : h("span.hint", t("noMethod")), shown, statusOf(topUp, state, amount), documentsOf(topUp, amount, alert)];
}

function statusOf(topUp, state, amount) {
	const more = topUp.failure ? declineWords(topUp.failure, topUp.payment_method) : {
		bank_processing: () => t("bankTakesDays"),
		refunded: () => (isTaxed(topUp) ? t("refundedTaxed", { refunded: money(topUp.refunded), amount }) : t("refundedWhole", { amount })),
		partly_refunded: () => t(isTaxed(topUp) ? "refundedTaxed" : "refundedPart", { refunded: money(topUp.refunded), amount }),
		disputed: () => t("disputedMeans"),
		created: () => t("notFinished"),
	}[state]?.();
	return h("span", h("span", { class: `pill ${LOOKS[state] ?? ""}` }, t(`state_${state}`)), more ? h("span.hint.block", more) : null);
}

/** The receipt, the credit notes, and Stripe's receipt of a payment, or its next step. */
function documentsOf(topUp, amount, alert) {
	const { receipt, credit_notes: notes = [], receipt_url: stripe } = topUp;
	if (!receipt && !notes.length) return linkOf(topUp, amount); // A payment of an earlier release may have notes alone.
	const values = { amount, moment: moment(topUp.created_at), number: receipt?.number };
	return h("span.documents",
		receipt ? documentButton(receipt.url, t("receiptNumber", values), t("receiptNumberFor", values), alert) : null,
		notes.map(({ number, amount: sum, url }) => {
			const isDebit = micros(sum) < 0n; // It returns credit.
			const named = { ...values, amount: money(isDebit ? sum.slice(1) : sum), number };
			return documentButton(url, t(isDebit ? "debitNote" : "creditNote", named), t(isDebit ? "debitNoteFor" : "creditNoteFor", named), alert);
		}),
		stripe ? h("a", { href: stripe, target: "_blank", rel: "noopener noreferrer", "aria-label": t("stripeReceiptFor", values) }, t("stripeReceipt")) : null);
}

function linkOf(topUp, amount) {
	const values = { amount, moment: moment(topUp.created_at) };
	if (topUp.receipt_url) return h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer", "aria-label": t("receiptFor", values) }, t("receipt"));
	if (topUp.next_action_url) return h("a", { href: topUp.next_action_url, "aria-label": t("confirmOf", values) }, t("confirm"));
	const isOpen = topUp.status === "created" && topUp.checkout_url && (!topUp.expires_at || new Date(topUp.expires_at) > Date.now());
	return isOpen ? h("a", { href: topUp.checkout_url, "aria-label": t("finishOf", values) }, t("finish")) : h("span.hint", t("noReceipt"));
}
