// Every payment, newest first, with its receipt.
import { ask } from "./api.js";
import { h, note, page } from "./dom.js";
import { cardName, moment, money } from "./format.js";
import { growing, table } from "./list.js";

const WORDS = { succeeded: "Paid", failed: "Declined", canceled: "Canceled", requires_action: "Waits for confirmation" };
const LOOKS = { succeeded: "good", failed: "bad", requires_action: "wait" };

/** The page. */
export function historyPage() {
	const place = h("div");
	growing(place, (cursor) => ask("GET", "/top-ups", { query: { cursor } }), show, 6);
	return page("History", "Funds added by hand and automatically.", h("div.card", place));
}

function show(items) {
	if (!items.length) return note("plain", "No funds were added yet.");
	return table(["Date", "How", "Card", "#Amount", "Status", "Receipt"], items.map(row));
}

function row(topUp) {
	const link = topUp.receipt_url ? h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer", "aria-label": `Receipt of ${money(topUp.amount)}, ${moment(topUp.created_at)}` }, "Receipt")
		: topUp.next_action_url ? h("a", { href: topUp.next_action_url }, "Confirm payment") : h("span.hint", "None");
	const status = h("span", h("span", { class: `pill ${LOOKS[topUp.status] ?? ""}` }, WORDS[topUp.status] ?? "Being processed"), topUp.failure ? h("span.hint.block", topUp.failure.message) : null);
	return [moment(topUp.created_at), topUp.kind === "automatic" ? "Automatic recharge" : "Added by hand", cardName(topUp.payment_method), money(topUp.amount), status, link];
}
