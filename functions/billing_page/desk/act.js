// An action of a staff member: a form, then a summary of exactly what will happen, then one request. The request keeps its
// Idempotency-Key until its outcome is known, also over a reload, so a lost answer and a retry act once.
import { ask } from "../page/api.js";
import { amountInput, dialog, failure, field, fill, h, note, say } from "../page/dom.js";
import { decimal, micros, moment, money, placesOf } from "../page/format.js";

const PLACE = "act:";
const UNSEEN_MS = 600; // A double-click on Continue must not confirm an unread summary.

/** Open the dialog of an action.
 *
 * `fields` are `{name, label, kind, ...}`: kind `amount`, `text`, `number`, `day`, `choice` (with `options`), or `lines`.
 * `summary(values)` returns the rows to confirm; it may load data and throw a Problem. `send(values)` returns `{method, path,
 * body}`, and a `path` that is the same for the same act. `button(values)` names the exact amount. `done(answer, values)` returns
 * the words of the outcome; `after` renews the view behind the dialog. */
export function act({ title, lead, fields = [], id, summary, button, send, done, after, isDanger = false }) {
	const place = h("div.act");
	const box = dialog(title, place);
	const inputs = new Map(fields.map((one) => [one.name, makeField(one)]));
	let hasActed = false;
	// The dialog changes its size: a second click may fall beside it, and must not discard what was typed.
	box.addEventListener("click", (event) => { if (event.target === box) event.stopImmediatePropagation(); }, true);
	box.addEventListener("close", () => { if (hasActed) after?.(); });
	const open = pending(id) ?? (fields.length ? null : { key: crypto.randomUUID(), values: {} });
	if (open) confirm(open).catch((problem) => fill(place, failure(problem)));
	else form();
	return box;

	function form() {
		const alert = h("div", { role: "alert" });
		const next = h("button.main", { type: "submit" }, "Continue");
		const element = h("form", { novalidate: true, onsubmit: async (event) => {
			event.preventDefault();
			fill(alert);
			const values = read();
			if (!values) return;
			next.disabled = true;
			try {
				await confirm({ key: crypto.randomUUID(), values });
			} catch (problem) {
				next.disabled = false;
				show(problem, alert);
			}
		} }, lead ? h("p", lead) : null, [...inputs.values()].map(({ box: one }) => one), alert, h("div.actions", h("button", { onclick: () => box.close() }, "Cancel"), next));
		fill(place, element);
		(element.querySelector("input, select, textarea") ?? next).focus();
	}

	/** The values of the form; null, and errors next to the fields, if one is wrong. */
	function read() {
		const values = {};
		let first = null;
		for (const [name, one] of inputs) {
			const { value, fault } = one.read();
			one.box.fails(fault);
			if (fault) first ??= one.input;
			else values[name] = value;
		}
		first?.focus();
		return first ? null : values;
	}

	async function confirm(one) {
		const rows = await summary(one.values);
		const alert = h("div", { role: "alert" });
		const yes = h("button", { class: isDanger ? "danger" : "main", disabled: true, onclick: () => go(one, yes, back, alert) }, button(one.values));
		const back = one.sent ? h("button", { onclick: startOver }, "Start over") : h("button", { onclick: fields.length ? form : () => box.close() }, fields.length ? "Back" : "Cancel");
		const head = h("p.confirm", { tabindex: "-1" }, one.sent ? "Your earlier request has no known outcome. Send it again: it is never done twice." : lead && !fields.length ? lead : "This is what will happen:");
		fill(place, head, h("dl.sum", rows.filter(Boolean).map(([name, value, looks]) => h("div", { class: looks }, h("dt", name), h("dd", value)))), alert, h("div.actions", back, yes));
		head.focus();
		setTimeout(() => { yes.disabled = false; }, UNSEEN_MS);
	}

	function startOver() {
		forget(id);
		if (fields.length) form();
		else box.close();
	}

	async function go(one, yes, back, alert) {
		yes.disabled = true;
		back.disabled = true;
		fill(alert);
		say("Your request is being processed.");
		Object.assign(one, { sent: (one.sent ?? 0) + 1 });
		remember(id, one);
		hasActed = true; // From here on it may have acted, also if its answer is lost.
		const { method = "POST", path, body = null } = send(one.values);
		try {
			const answer = await ask(method, path, { body, key: one.key });
			forget(id);
			if (box.open) outcome(answer, one.values);
			else after?.();
		} catch (problem) {
			if (!problem.detail) throw problem;
			if (!problem.isUnknown && one.sent === 1) {
				forget(id);
				one.sent = 0;
				if (inputOf(problem)) {
					form();
					return show(problem, place.querySelector("[role=alert]"));
				}
			}
			yes.disabled = false;
			back.disabled = false;
			if (problem.isUnknown) {
				back.hidden = true;
				yes.textContent = "Try again";
			}
			fill(alert, failure(problem), problem.isUnknown ? h("p.hint", "The outcome is not known. Trying again never does it twice.") : null);
		}
		return undefined;
	}

	function outcome(answer, values) {
		const isWaiting = answer?.status === "waiting";
		const words = isWaiting ? note("wait", "Waiting for a second person", h("p", `A colleague in the finance group must approve it until ${moment(answer.expires_at)}. Nothing has moved yet.`), h("p", h("a", { href: "#approvals" }, "Show approvals")))
			: note("good", null, h("p", done(answer, values)));
		words.setAttribute("tabindex", "-1");
		fill(place, words, h("div.actions", h("button.main", { onclick: () => box.close() }, "Done")));
		words.querySelector("a")?.addEventListener("click", () => box.close());
		words.focus();
		say(words.textContent);
	}

	function inputOf(problem) {
		const name = problem.field ?? /^([a-z_]+)\b/.exec(problem.detail)?.[1];
		return inputs.has(name) ? name : null;
	}

	/** Show a problem next to the field that it names, else in the alert. */
	function show(problem, alert) {
		if (!problem.detail) throw problem;
		const name = inputOf(problem);
		if (name) {
			const { box: one, input, label } = inputs.get(name);
			one.fails(problem.detail.replace(name, label));
			input.focus();
		} else fill(alert, failure(problem));
	}
}

/** What a person typed and sent without a known outcome: `{key, values, sent}`. */
const pending = (id) => JSON.parse(sessionStorage.getItem(PLACE + id) ?? "null");
const remember = (id, one) => sessionStorage.setItem(PLACE + id, JSON.stringify(one));
const forget = (id) => sessionStorage.removeItem(PLACE + id);

function makeField(one) {
	const { name, label, kind = "text", value = "", hint, isOptional = false } = one;
	const input = INPUTS[kind](one, name, value);
	const read = () => {
		const typed = input.value.trim();
		if (!typed && isOptional) return { value: null };
		const fault = one.check?.(typed) ?? null;
		return fault ? { fault } : READ[kind](typed, one);
	};
	return { input, label, box: field(label, input, hint), read };
}

const INPUTS = {
	amount: (_one, name, value) => amountInput(name, value),
	text: (_one, name, value) => h("input", { type: "text", autocomplete: "off", name, value, required: true, maxlength: "200" }),
	email: (_one, name, value) => h("input", { type: "email", autocomplete: "off", name, value, required: true, maxlength: "254" }),
	number: (_one, name, value) => h("input", { type: "text", inputmode: "numeric", autocomplete: "off", name, value, required: true }),
	choice: ({ options }, name, value) => h("select", { name }, options.map(([code, words]) => h("option", { value: code, selected: code === value }, words))),
	day: (_one, name, value) => h("input", { type: "date", name, value, max: "9999-12-31" }),
	lines: (_one, name, value) => h("textarea", { name, rows: "4", value, autocomplete: "off" }),
};

const text = (typed) => (typed ? { value: typed } : { fault: "Enter a text." });
const READ = {
	text,
	email: text,
	day: text,
	choice: (typed) => ({ value: typed }),
	lines: (typed) => ({ value: typed.split(/[\s,;]+/).filter(Boolean) }),
	number: (typed) => (/^\d{1,9}$/.test(typed) ? { value: Number(typed) } : { fault: "Enter a whole number." }),
	amount(typed, { most, places = 2, isZeroAllowed }) {
		const plain = typed.replace(/^\$\s*/, "").replace(/,(?=\d{3}(\D|$))/g, "").replace(/\.$/, "");
		const amount = /^\d{1,9}(\.\d{1,6})?$/.test(plain) && placesOf(plain) <= Math.max(places, 2) ? micros(plain) : null;
		if (amount === null) return { fault: "Enter an amount in dollars and cents, such as 25.00." };
		if (amount === 0n && !isZeroAllowed) return { fault: "Enter an amount above zero." };
		if (most && amount > micros(most)) return { fault: `Enter at most ${money(most)}.` };
		return { value: decimal(amount) };
	},
};
