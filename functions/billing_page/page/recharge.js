// Automatic recharge: the rule, its state in words and what ends it, and what the rule would have done.
import { ask } from "./api.js";
import { added, addCard, addedIsSeen, cards, draft, keepDraft } from "./cards.js";
import { amountInput, failure, field, fill, h, load, note, say } from "./dom.js";
import { cardName, date, micros, money, plural, typedAmount, when } from "./format.js";
import { toggle } from "./list.js";
import { amountFault, bounds } from "./settings.js";

const FORM = "recharge";
const AMOUNTS = [["amount", "Recharge amount", "25.00"], ["threshold", "When the balance falls below", "10.00"], ["daily_limit", "At most in a day"], ["monthly_limit", "At most in a month"]];

/** The card; it knows how to `renew` itself after a payment. */
export function rechargeCard(isAdmin) {
	const [place, button] = [h("div"), h("div")];
	const card = h("section.card.recharge", { "aria-labelledby": "recharge-title" }, h("div.card-head", h("h2", { id: "recharge-title" }, "Automatic recharge"), button), place);
	card.renew = () => load(place, () => gather(isAdmin), (found) => view(found, isAdmin, card, button), 4);
	document.addEventListener("card-removed", () => { if (card.isConnected) card.renew(); });
	card.renew();
	return card;
}

async function gather(isAdmin) {
	const rule = await ask("GET", "/auto-recharge");
	const waits = rule.reason === "authentication_required" && isAdmin;
	const [saved, recent] = await Promise.all([isAdmin ? cards() : [], waits ? ask("GET", "/top-ups", { query: { limit: "20" } }) : { items: [] }]);
	const waiting = recent.items.find(({ kind, status }) => kind === "automatic" && status === "requires_action");
	return { rule, saved, link: waiting?.next_action_url ?? null };
}

function view({ rule, saved, link }, isAdmin, card, button) {
	const trouble = h("div", { role: "alert" });
	fill(button, toggle(rule.enabled, { id: "recharge-switch", disabled: !isAdmin, "aria-labelledby": "recharge-title" }, trouble, switched));
	const isSet = rule.amount !== null;
	const fields = isAdmin ? ruleForm(rule, saved, card) : null;
	if (fields) fields.hidden = !isSet && !rule.enabled && draft(FORM).open !== true;
	return [state(rule, link), trouble, fields, isAdmin ? null : h("p.hint", "Only a billing admin of your account can change this.")];

	async function switched(isOn) {
		if (!isSet) {
			fields.hidden = !isOn;
			keepDraft(FORM, { ...draft(FORM), open: isOn });
			return isOn;
		}
		await ask("PUT", "/auto-recharge", { body: { enabled: isOn } });
		say(`Automatic recharge is ${isOn ? "on" : "off"}.`);
		await card.renew();
		document.getElementById("recharge-switch").focus();
		return isOn;
	}
}

/** How it stands, in words, and what to do about it. */
function state(rule, link) {
	const buys = rule.amount && `adds ${money(rule.amount)}${rule.payment_method ? ` with ${cardName(rule.payment_method)}` : ""} when the balance falls below ${money(rule.threshold)}`;
	if (rule.status === "disabled") {
		return h("p.state", rule.amount ? "Off. Switched on, it " : "Off. Switched on, it adds credit before you run out, so that no call is cut short.", rule.amount ? `${buys}.` : null);
	}
	if (rule.status === "active") return note("good", null, h("p", `It ${buys}.`));
	if (rule.status === "charging") return note("plain", null, h("p", rule.message));
	const next = rule.next_attempt_at && h("p", `Next attempt possible ${when(rule.next_attempt_at)}.`);
	const [title, ...rest] = rule.message.split(/(?<=\.) /);
	return note(rule.status === "suspended" ? "bad" : "wait", title, rest.length ? h("p", rest.join(" ")) : null, next,
		link ? h("p", h("a.button.main", { href: link }, "Confirm payment")) : null);
}

function ruleForm(rule, saved, card) {
	const typed = draft(FORM).values ?? {};
	const shown = (name, otherwise) => typed[name] ?? rule[name] ?? otherwise;
	const [inputs, fields] = [{}, {}];
	for (const [name, label, otherwise] of AMOUNTS) {
		inputs[name] = amountInput(name, shown(name, otherwise), changed);
		fields[name] = field(label, inputs[name], name === "amount" ? bounds() : null);
	}
	const often = h("input", { type: "number", min: "1", max: "20", step: "1", name: "hourly_count", value: shown("hourly_count", 3), required: true, oninput: changed });
	const fromStripe = added(FORM, saved);
	const chosen = fromStripe?.id ?? typed.payment_method_id ?? rule.payment_method_id;
	const choose = h("select", { required: true, onchange: changed }, saved.map((one) => h("option", { value: one.id, selected: one.id === chosen }, cardName(one))));
	fields.payment_method_id = field("Card", choose, saved.length ? null : "No card is saved yet.");
	fields.hourly_count = field("Recharges an hour", often);
	const trouble = h("div", { role: "alert" });
	const [played, save] = [h("div.played", { role: "status" }), h("button.main", { type: "submit" }, "Save")];
	const more = h("button", { onclick: leave }, "Add a card");
	const limits = h("details", h("summary", "Limits"), h("p.hint", "However much is used, no more than this is charged."), h("div.triple", fields.hourly_count, fields.daily_limit, fields.monthly_limit));
	const form = h("form", { novalidate: true, onsubmit: submit, oninput: play, onfocusin: play }, h("div.triple", fields.threshold, fields.amount, fields.payment_method_id), limits, played, trouble, h("div.actions", save, more));
	if (fromStripe) {
		addedIsSeen();
		fill(trouble, note("good", "The card is saved.", h("p", "Save to use it for automatic recharge.")));
	}
	changed();
	return form;

	function values() {
		const found = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
		return { ...found, payment_method_id: choose.value, hourly_count: often.value };
	}
	function isChanged() {
		const now = values();
		return Object.entries(now).some(([name, value]) => String(rule[name] ?? "") !== (name in inputs ? typedAmount(value) ?? value : value));
	}
	function changed() {
		for (const one of Object.values(fields)) one.fails(null);
		save.disabled = choose.value === "" || (rule.amount !== null && !isChanged());
		save.textContent = rule.amount === null ? "Save and switch on" : "Save changes";
		keepDraft(FORM, { ...draft(FORM), values: isChanged() ? values() : undefined });
	}
	/** What the API is to be asked, or what is wrong, by field. */
	function asked() {
		const body = { ...(choose.value && { payment_method_id: choose.value }), hourly_count: Number(often.value) };
		const faults = {};
		for (const [name] of AMOUNTS) {
			body[name] = typedAmount(inputs[name].value);
			if (name === "amount" || body[name] === null) faults[name] = amountFault(body[name]);
			else if (name !== "threshold" && body.amount && micros(body[name]) < micros(body.amount)) faults[name] = "This is less than one recharge, so none could ever happen.";
		}
		if (!/^([1-9]|1[0-9]|20)$/.test(often.value)) faults.hourly_count = "Type a whole number from 1 to 20.";
		return { body, faults, isGood: Object.values(faults).every((fault) => !fault) };
	}
	async function submit(event) {
		event.preventDefault();
		if (save.disabled) return;
		const { body, faults, isGood } = asked();
		for (const [name, one] of Object.entries(fields)) one.fails(faults[name]);
		if (!isGood) {
			if (form.querySelector("details [aria-invalid]")) limits.open = true;
			form.querySelector("[aria-invalid]").focus();
			return;
		}
		save.disabled = true;
		try {
			await ask("PUT", "/auto-recharge", { body: { ...body, enabled: rule.amount === null || rule.enabled } });
			keepDraft(FORM, {});
			say("Automatic recharge is saved.");
			await card.renew();
			document.getElementById("recharge-switch").focus();
		} catch (problem) {
			save.disabled = false;
			fill(trouble, failure(problem));
		}
	}
	async function leave() {
		more.disabled = true;
		keepDraft(FORM, { open: true, values: values() });
		await addCard(FORM, saved).catch((problem) => { more.disabled = false; fill(trouble, failure(problem)); });
	}
	function play() {
		clearTimeout(played.timer);
		const turn = played.timer = setTimeout(async () => {
			const { body, isGood } = asked();
			const found = isGood ? await ask("POST", "/auto-recharge/simulate", { body }).catch(() => null) : null;
			if (played.timer === turn) fill(played, found && simulated(found));
		}, 400);
	}
}

function simulated({ from, to, charges, charged, refused_calls: refused, lowest_balance: lowest }) {
	const cut = refused ? ` ${plural(refused, "call")} would have been refused.` : " No call would have been refused.";
	return note(refused ? "wait" : "plain", null, h("p", `With this rule from ${date(from)} to ${date(to)}: `,
		h("strong", charges ? `${plural(charges, "recharge")}, ${money(charged)}` : "no recharge"), `. The balance would never have been below ${money(lowest)}.${cut}`));
}
