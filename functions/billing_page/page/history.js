// All payments, newest first, with their receipts.
import { ask } from "./api.js";
import { h, note, page } from "./dom.js";
import { cardName, moment, money } from "./format.js";
import { growing, table } from "./list.js";

const WORDS = { succeeded: "Paid", failed: "Declined", canceled: "Canceled", requires_action: "Awaiting confirmation" };
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait" };

export function historyPage() {
	const place = h("div");
	growing(place, (cursor) => ask("GET", "/top-ups", { query: { cursor } }), show, 6);
	return page("History", "All manual payments and automatic recharges.", h("div.card", place));
}

function show(items) {
	if (!items.length) return note("plain", "No payments yet.");
	return table(["Date", "Type", "Card", "#Amount", "Status", "Receipt"], items.map(row));
}

function row(topUp) {
	const link = topUp.receipt_url ? h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer", "aria-label": `Receipt for ${money(topUp.amount)}, ${moment(topUp.created_at)}` }, "Receipt")
		: topUp.next_action_url ? h("a", { href: topUp.next_action_url }, "Confirm payment") : h("span.hint", "None");
	const status = h("span", h("span", { class: `pill ${LOOKS[topUp.status] ?? ""}` }, WORDS[topUp.status] ?? "Processing"), topUp.failure ? h("span.hint.block", topUp.failure.message) : null);
	return [moment(topUp.created_at), topUp.kind === "automatic" ? "Automatic recharge" : "Manual payment", cardName(topUp.payment_method), money(topUp.amount), status, link];
}
