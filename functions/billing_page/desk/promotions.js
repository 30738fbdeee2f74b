// Promotion codes: what each has given, and a new one. Only for members of the finance group.
import { act } from "./act.js";
import { ask } from "../page/api.js";
import { h, note, page } from "../page/dom.js";
import { decimal, longDay, micros, moment, money, plural } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { actButton, mayAct, pill, WHY_NOT } from "./parts.js";

export function promotionsPage() {
	const title = "Promotions";
	if (!mayAct()) return page(title, null, note("plain", null, h("p", WHY_NOT)));
	const place = h("div");
	const look = () => growing(place, (cursor) => ask("GET", "/operator/promotions", { query: { cursor } }), (items) => show(items, look), 4);
	look();
	return page(title, "A customer enters a code on the Billing page, and gets its amount once. Codes and their credit expire together.",
		h("section.card", { "aria-labelledby": "codes" }, h("div.card-head", h("h2", { id: "codes" }, "Codes"), actButton("Create a code", () => create(look), { looks: "main" })), place));
}

function show(items, look) {
	if (!items.length) return note("plain", "No promotion codes yet.");
	return table(["Code", "#Each account gets", "#Total", "#Left", "#Used by", "Expires", "Created", ""], items.map((one) => row(one, look)), { isNamed: true });
}

function row({ code, amount, total, left, redeemed, expires_at: until, created_at: at, withdrawn_at: withdrawn }, look) {
	const isOver = new Date(until) <= new Date();
	const isSpent = micros(left) < micros(amount);
	return [h("span.whole", code), money(amount), money(total), h("span", money(left), isSpent && !isOver && !withdrawn ? h("span.hint.block", "Given away") : null), plural(redeemed, "account"), h("span", moment(until), withdrawn ? [" ", pill("Withdrawn")] : isOver ? [" ", pill("Expired")] : null),
		moment(at), isOver || isSpent || withdrawn ? null : actButton("Withdraw", () => withdraw(code, left, look), { name: `Withdraw ${code}` })];
}

function withdraw(code, left, look) {
	act({
		title: "Withdraw a promotion code",
		lead: "The code can no longer be used, and cannot be created again. Customers keep the credit that it gave.",
		id: `withdraw:${code}`,
		fields: [{ name: "reason", label: "Reason" }],
		summary: ({ reason }) => [["Code", code], ["No longer given", money(left)], ["Reason", reason]],
		button: () => `Withdraw ${code}`,
		send: ({ reason }) => ({ path: "/operator/promotions", body: { code, withdrawn: true, reason } }),
		done: () => `The code ${code} gives nothing more.`,
		after: look,
		isDanger: true,
	});
}

const isCode = (typed) => (/^[A-Za-z0-9][A-Za-z0-9-]{3,31}$/.test(typed) ? null : "Enter 4 to 32 letters, digits, or hyphens.");

function create(look) {
	const accounts = ({ amount, total }) => micros(total) / micros(amount);
	act({
		title: "Create a promotion code",
		lead: "The total counts in the amount that a person may give in a day.",
		id: "promotion",
		fields: [{ name: "code", label: "Code", check: isCode, hint: "Hard to guess: anyone who knows it gets credit" }, { name: "amount", label: "Each account gets", kind: "amount" }, { name: "total", label: "All accounts together", kind: "amount", hint: "Afterwards the code gives nothing more" },
			{ name: "expires_at", label: "Code and credit expire after", kind: "day", hint: "The last moment of this day in UTC is meant", check: (typed) => (typed ? null : "Choose a day.") }],
		summary: (values) => [["Code", values.code.toUpperCase()], ["Each account gets", money(values.amount)], ["Expires after", longDay(values.expires_at)], ["Accounts that can use it", String(accounts(values))], ["Given at most", money(decimal(accounts(values) * micros(values.amount))), "result"]],
		button: ({ total }) => `Create a code of ${money(total)}`,
		send: (values) => ({ path: "/operator/promotions", body: { ...values, code: values.code.toUpperCase() } }),
		done: ({ code, withdrawn_at: withdrawn }) => (withdrawn ? `The code ${code} was withdrawn before. Create another one.` : `The code ${code} can be used now.`),
		after: look,
	});
}
