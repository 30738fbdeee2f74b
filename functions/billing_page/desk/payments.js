// The payments of an account, with Stripe's state, and refunds.
import { ask } from "../page/api.js";
import { h, note } from "../page/dom.js";
import { micros, moment, money } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { refund, refundable } from "./moves.js";
import { actButton, apiPath, pill, wordsOf } from "./parts.js";
import { cardText } from "./settling.js";

const WORDS = { succeeded: "Paid", failed: "Declined", canceled: "Canceled", requires_action: "Awaiting confirmation" };
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait" };

export function paymentsView(account, _query, renew) {
	const place = h("div");
	const known = new Map(account.top_ups.map((one) => [one.id, one])); // Only these have Stripe's state.
	const show = (items) => (items.length ? table(["Date", "Type", "Card", "#Amount", "State", "At Stripe", ""], items.map((one) => row(account, known.get(one.id) ?? one, renew))) : note("plain", "No payments yet."));
	growing(place, (cursor) => ask("GET", apiPath(account.account_id, "top-ups"), { query: { cursor } }), show, 6);
	return [account.stripe?.code ? note("wait", "Stripe's state is not shown.", h("p", `${wordsOf(account.stripe.code)}. Amounts come from our own records.`)) : null, h("div.card", place)];
}

function row(account, topUp, renew) {
	const { id, kind, payment_method: card, amount, status, failure, created_at: at, created_by: by, reversed = "0.00" } = topUp;
	const left = refundable(topUp);
	const why = status !== "succeeded" ? "The payment did not succeed." : micros(left) === 0n ? "The whole payment went back already." : null;
	return [h("span", moment(at), h("span.hint.block.digits", id)), h("span", kind === "automatic" ? "Automatic" : "Manual", by ? h("span.hint.block.digits", by) : null), cardText(card), money(amount),
		h("span", pill(WORDS[status] ?? "Processing", LOOKS[status]), failure ? h("span.hint.block", failure.message) : null, micros(reversed) > 0n ? h("span.hint.block", `${money(reversed)} taken back`) : null),
		stripe(topUp), status === "succeeded" ? actButton("Refund", () => refund(account, topUp, renew), { why, name: `Refund ${money(amount)} of ${moment(at)}` }) : ""];
}

function stripe({ stripe: state, receipt_url: receipt }) {
	if (!state) return h("span.hint", "Not asked");
	const parts = [state.status === "succeeded" ? `${money(state.received)} received` : wordsOf(state.status), micros(state.refunded) > 0n ? `${money(state.refunded)} refunded` : null, state.disputed ? "disputed" : null].filter(Boolean).join(", ");
	return h("span", parts, receipt ? [" ", h("a", { href: receipt, target: "_blank", rel: "noopener noreferrer" }, "Receipt")] : null);
}
