// The payments of an account, with Stripe's state, and refunds.
import { ask } from "../page/api.js";
import { h, note } from "../page/dom.js";
import { micros, moment, money } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { refund, refundable } from "./moves.js";
import { actButton, apiPath, pill, wordsOf } from "./parts.js";
import { cardText } from "./settling.js";
import { isTaxed, paidFor } from "../page/tax.js";

const WORDS = { succeeded: "Paid", failed: "Declined", canceled: "Canceled", requires_action: "Awaiting confirmation" };
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait" };

export function paymentsView(account, _query, renew) {
	const place = h("div");
	const known = new Map(account.top_ups.map((one) => [one.id, one])); // Only these have Stripe's state.
	const show = (items) => (items.length ? table(["Date", "Type", "Card", "#Amount", "State", "At Stripe", "Receipt", ""], items.map((one) => row(account, known.get(one.id) ?? one, renew))) : note("plain", "No payments yet."));
	growing(place, (cursor) => ask("GET", apiPath(account.account_id, "top-ups"), { query: { cursor } }), show, 6);
	return [account.stripe?.code ? note("wait", "Stripe's state is not shown.", h("p", `${wordsOf(account.stripe.code)}. Amounts come from our own records.`)) : null, h("div.card", place)];
}

function row(account, topUp, renew) {
	const { id, kind, payment_method: card, status, failure, created_at: at, created_by: by, reversed = "0.00" } = topUp;
	const left = refundable(topUp);
	const why = status !== "succeeded" ? "The payment did not succeed." : micros(left) === 0n ? "The whole payment went back already." : null;
	return [h("span", moment(at), h("span.hint.block.digits", id)), h("span", kind === "automatic" ? "Automatic" : "Manual", by ? h("span.hint.block.digits", by) : null), cardText(card), amounts(topUp),
		h("span", pill(WORDS[status] ?? "Processing", LOOKS[status]), failure ? h("span.hint.block", failure.message) : null, micros(reversed) > 0n ? h("span.hint.block", `${money(reversed)} taken back`) : null),
		stripe(topUp), documents(topUp), status === "succeeded" ? actButton("Refund", () => refund(account, topUp, renew), { why, name: `Refund ${money(paidFor(topUp))} of ${moment(at)}` }) : ""];
}

/** What the card paid, and how much of it is credit and tax. */
function amounts(topUp) {
	const paid = money(paidFor(topUp));
	return isTaxed(topUp) ? h("span", paid, h("span.hint.block", `${money(topUp.amount)} credit and ${money(topUp.tax)} tax`)) : paid;
}

/** The numbers of the receipt and of the credit notes. The customer opens them on the Billing page. */
function documents({ receipt, credit_notes: notes = [] }) {
	if (!receipt && !notes.length) return h("span.hint", "None");
	return h("span", receipt ? h("span.block.digits", receipt.number) : null, notes.map(({ number, amount }) => h("span.hint.block", micros(amount) < 0n ? `Debit note ${number}, ${money(amount.slice(1))}` : `Credit note ${number}, ${money(amount)}`)));
}

function stripe({ stripe: state, receipt_url: receipt }) {
	if (!state) return h("span.hint", "Not asked");
	const parts = [state.status === "succeeded" ? `${money(state.received)} received` : wordsOf(state.status), micros(state.refunded) > 0n ? `${money(state.refunded)} refunded` : null, state.disputed ? "disputed" : null].filter(Boolean).join(", ");
	return h("span", parts, receipt ? [" ", h("a", { href: receipt, target: "_blank", rel: "noopener noreferrer" }, "Receipt")] : null);
}
