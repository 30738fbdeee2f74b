// The monthly budgets of lines and users: how much is spent, how to change one, and how to ask for more.
import { ask } from "./api.js";
import { amountInput, confirmed, dialog, failure, field, fill, h, note, say } from "./dom.js";
import { micros, money, nearDate, roundedMoney, typedAmount } from "./format.js";
import { person } from "./session.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import words from "messages/budgets";

const t = translator(words);
const ALMOST = 80n;
const LONGEST_NOTE = 200;

export const budgetColumn = t("column");

const pathOf = (line, ...more) => ["/lines", encodeURIComponent(line.line_id), "budget", ...more].join("/");
const used = ({ limit, left }) => micros(limit) - micros(left);
const isNearly = (budget) => used(budget) * 100n >= micros(budget.limit) * ALMOST;
const mayAsk = (budget) => budget?.at === "refuse" && micros(budget.monthly) > 0n && (budget.refused || isNearly(budget));

/** The budgets of a line: the element of its row. `look()` loads the list again, and `peers(line)` shows other rows of its user. */
export function budgetsOf(line, { isAdmin, look, peers }) {
	const place = h("div.budgets");
	place.show = () => fill(place, content());
	place.show();
	return place;

	function content() {
		const { number, user, budget, budget_requests: requests = [] } = line;
		const [values, hasOne] = [{ number: spaced(number) }, Boolean(budget || user.budget)];
		return [
			hasOne ? null : h("span.hint", t("none")),
			budget && oneBudget(budget, null),
			user.budget && oneBudget(user.budget, t("ofUser", { name: h("bdi", user.name ?? user.id) })),
			requests.map((one) => h("p.hint", t("asked", { name: h("bdi", one.by.name ?? one.by.id), day: nearDate(one.at) }), one.note ? h("q.block", { dir: "auto" }, one.note) : null)),
			h("div.row-actions",
				isAdmin && requests.length ? h("button.quiet", { "aria-label": t("raiseOf", values), onclick: () => raise(line, look) }, t("raise")) : null,
				isAdmin ? h("button.quiet", { "aria-label": t(hasOne ? "changeOf" : "setOf", values), onclick: () => changeBudget(line, changed) }, t(hasOne ? "change" : "set")) : null,
				!isAdmin && !requests.length && [budget, user.budget].some(mayAsk) ? h("button.quiet", { "aria-label": t("askOf", values), onclick: () => askForMore(line, asked) }, t("ask")) : null),
		];
	}
	function changed(text) {
		peers(line);
		place.querySelector("button:last-child").focus();
		say(text);
	}
	function asked() {
		fill(place, content(), note("good", t("sent")));
		place.lastChild.setAttribute("tabindex", "-1");
		place.lastChild.focus();
		say(t("sent"));
	}
}

/** One budget: its bar, what is spent, and what it does. */
function oneBudget(budget, whose) {
	const { at, state, monthly, limit, spent, held } = budget;
	const [most, now] = [Number(limit), Number(used(budget)) / 1e6];
	const isFull = now >= most;
	return h("div.budget", whose ? h("span.block", whose) : null,
		h("meter", { min: 0, max: most || 1, low: most * 0.8, high: isFull ? most * 0.8 : most, optimum: 0, value: most ? Math.max(0, now) : 1, "aria-label": t("meter") }),
		h("span.block", t("spentOf", { spent: roundedMoney(spent), limit: money(limit) }),
			state === "counting" ? null : isFull ? [" ", h("span.pill.bad", t("used_all"))] : isNearly(budget) ? [" ", h("span.pill.wait", t("used_most"))] : null),
		micros(held) > 0n ? h("span.hint.block", t("held", { held: roundedMoney(held) })) : null,
		micros(monthly) === micros(limit) ? null : h("span.hint.block", t("raised", { monthly: money(monthly) })),
		state === "counting" ? h("span.hint.block", t("counting")) : null,
		at === "tell" ? h("span.hint.block", t("tells")) : null);
}

/** Set, change, or end the budget of the line, or of its user on all lines. */
function changeBudget(line, changed) {
	const { number, user } = line;
	const whose = h("select", { name: "whose", onchange: show }, h("option", { value: "line" }, t("thisLine")), user.id ? h("option", { value: "user" }, t("ofUser", { name: user.name ?? user.id })) : null);
	const amount = amountInput("monthly", "", () => amountField.fails(null));
	const amountField = field(t("monthly"), amount, t("monthlyHint"));
	const at = h("select", { name: "at" }, ["refuse", "tell"].map((value) => h("option", { value }, t(`at_${value}`))));
	const alert = h("div", { role: "alert" });
	const end = h("button.danger", { onclick: () => save(null) }, t("end"));
	const yes = h("button.main", { type: "submit" }, t("save"));
	const box = dialog(t("title", { number: spaced(number) }), h("form", { novalidate: true, onsubmit: submit }, field(t("whose"), whose), amountField, field(t("at"), at, t("atHint")), alert, h("div.actions", end, yes)));
	if (!line.budget && user.budget) whose.value = "user";
	show();

	function target() { return whose.value === "user" ? [user, `/users/${encodeURIComponent(user.id)}/budget`] : [line, pathOf(line)]; }
	function show() {
		const [{ budget }] = target();
		amount.value = budget ? amountInput("", budget.monthly).value : "";
		at.value = budget?.at ?? "refuse";
		end.hidden = !budget;
		fill(alert);
		amountField.fails(null);
	}
	function submit(event) {
		event.preventDefault();
		const monthly = typedAmount(amount.value);
		amountField.fails(monthly === null ? t("amountForm") : null);
		if (monthly === null) return amount.focus();
		return save(monthly);
	}
	async function save(monthly) {
		const [owner, path] = target();
		for (const one of [end, yes]) one.disabled = true;
		fill(alert);
		try {
			const saved = await ask("PUT", path, { body: monthly === null ? { monthly } : { monthly, at: at.value } });
			owner.budget = monthly === null ? null : saved;
			box.close();
			changed(monthly === null ? t("ended") : t("saved"));
		} catch (problem) {
			for (const one of [end, yes]) one.disabled = false;
			fill(alert, failure(problem));
		}
	}
}

/** Ask the billing admins for more, with a note. */
function askForMore(line, asked) {
	const input = h("input", { type: "text", name: "note", autocomplete: "off", maxlength: LONGEST_NOTE });
	const alert = h("div", { role: "alert" });
	const yes = h("button.main", { type: "submit" }, t("send"));
	const box = dialog(t("askTitle"), h("p", t("askWords")), h("form", { novalidate: true, onsubmit: send }, field(t("note"), input), alert, h("div.actions", yes)));

	async function send(event) {
		event.preventDefault();
		yes.disabled = true;
		fill(alert);
		const text = input.value.trim();
		try {
			const { id, at } = await ask("POST", pathOf(line, "requests"), { body: text ? { note: text } : {} });
			line.budget_requests = [{ id, at, by: { id: "", name: person().name }, note: text || null }];
			box.close();
			asked();
		} catch (problem) {
			yes.disabled = false;
			fill(alert, failure(problem));
		}
	}
}

/** Raise the budget that a user asked for, until the end of the month. */
async function raise(line, look) {
	if (!(await confirmed(t("raiseTitle", { number: spaced(line.number) }), t("raiseWords"), t("raise"), "main"))) return undefined;
	try {
		const { limit } = await ask("POST", pathOf(line, "requests"), { body: { raise: true } });
		return look(note("good", t("isRaised", { limit: money(limit) })));
	} catch (problem) {
		return look(failure(problem));
	}
}
