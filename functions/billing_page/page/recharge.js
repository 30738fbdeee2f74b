// Automatic recharge: the rule, its status with the next step, and a simulation over past calls.
import { ask } from "./api.js";
import { added, addCard, addedIsSeen, cards, draft, keepDraft } from "./cards.js";
import { amountInput, failure, field, fill, h, load, note, say } from "./dom.js";
import { cardName, date, micros, money, plural, typedAmount, when } from "./format.js";
import { toggle } from "./list.js";
import { amountFault, bounds } from "./settings.js";

const FORM = "recharge";
const AMOUNTS = [["amount", "Recharge amount", "25.00"], ["threshold", "When the balance falls below", "10.00"], ["daily_limit", "Daily limit"], ["monthly_limit", "Monthly limit"]];

/** The card; `renew` reloads it after a payment. */
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
	const alert = h("div", { role: "alert" });
	fill(button, toggle(rule.enabled, { id: "recharge-switch", disabled: !isAdmin, "aria-labelledby": "recharge-title" }, alert, switched));
	const isSet = rule.amount !== null;
	const fields = isAdmin ? ruleForm(rule, saved, card) : null;
	if (fields) fields.hidden = !isSet && !rule.enabled && draft(FORM).open !== true;
	return [state(rule, link), alert, fields, isAdmin ? null : h("p.hint", "Only a billing admin of your account can change automatic recharge.")];

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

/** The status and the next step for the user. */
function state(rule, link) {
	const buys = rule.amount && `adds ${money(rule.amount)}${rule.payment_method ? ` with ${cardName(rule.payment_method)}` : ""} when the balance falls below ${money(rule.threshold)}`;
	if (rule.status === "disabled") {
		return h("p.state", rule.amount ? "Off. When turned on, it " : "Off. Turn it on to add credit before you run out, so that calls are not cut off.", rule.amount ? `${buys}.` : null);
	}
	if (rule.status === "active") return note("good", null, h("p", `It ${buys}.`));
	if (rule.status === "charging") return note("plain", null, h("p", rule.message));
	const next = rule.next_attempt_at && h("p", `We can try again ${when(rule.next_attempt_at)}.`);
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
	fields.payment_method_id = field("Card", choose, saved.length ? null : "No saved cards yet.");
	fields.hourly_count = field("Recharges per hour", often);
	const alert = h("div", { role: "alert" });
	const [preview, save] = [h("div.preview", { role: "status" }), h("button.main", { type: "submit" }, "Save")];
	const more = h("button", { onclick: leave }, "Add a card");
	const limits = h("details", h("summary", "Limits"), h("p.hint", "Automatic recharge never charges more than these limits allow."), h("div.triple", fields.hourly_count, fields.daily_limit, fields.monthly_limit));
	const form = h("form", { novalidate: true, onsubmit: submit, oninput: play, onfocusin: play }, h("div.triple", fields.threshold, fields.amount, fields.payment_method_id), limits, preview, alert, h("div.actions", save, more));
	if (fromStripe) {
		addedIsSeen();
		fill(alert, note("good", "Card saved.", h("p", "Save the rule to use this card for automatic recharge.")));
	}
	changed();
	return form;

	function values() {
		const amounts = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
		return { ...amounts, payment_method_id: choose.value, hourly_count: often.value };
	}
	function isChanged() {
		return Object.entries(values()).some(([name, value]) => String(rule[name] ?? "") !== (name in inputs ? typedAmount(value) ?? value : value));
	}
	function changed() {
		for (const one of Object.values(fields)) one.fails(null);
		save.disabled = choose.value === "" || (rule.amount !== null && !isChanged());
		save.textContent = rule.amount === null ? "Save and turn on" : "Save changes";
		keepDraft(FORM, { ...draft(FORM), values: isChanged() ? values() : undefined });
	}
	/** The request body, and the error message of each field. */
	function readForm() {
		const body = { ...(choose.value && { payment_method_id: choose.value }), hourly_count: Number(often.value) };
		const faults = {};
		for (const [name] of AMOUNTS) {
			body[name] = typedAmount(inputs[name].value);
			if (name === "amount" || body[name] === null) faults[name] = amountFault(body[name]);
			else if (name !== "threshold" && body.amount && micros(body[name]) < micros(body.amount)) faults[name] = "Enter at least the recharge amount.";
		}
		if (!/^([1-9]|1[0-9]|20)$/.test(often.value)) faults.hourly_count = "Enter a whole number from 1 to 20.";
		return { body, faults, isGood: Object.values(faults).every((fault) => !fault) };
	}
	async function submit(event) {
		event.preventDefault();
		if (save.disabled) return;
		const { body, faults, isGood } = readForm();
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
			say("Automatic recharge saved.");
			await card.renew();
			document.getElementById("recharge-switch").focus();
		} catch (problem) {
			save.disabled = false;
			fill(alert, failure(problem));
		}
	}
	async function leave() {
		more.disabled = true;
		keepDraft(FORM, { open: true, values: values() });
		await addCard(FORM, saved).catch((problem) => { more.disabled = false; fill(alert, failure(problem)); });
	}
	function play() {
		clearTimeout(preview.timer);
		const turn = preview.timer = setTimeout(async () => {
			const { body, isGood } = readForm();
			const result = isGood ? await ask("POST", "/auto-recharge/simulate", { body }).catch(() => null) : null;
			if (preview.timer === turn) fill(preview, result && simulation(result));
		}, 400);
	}
}

function simulation({ from, to, charges, charged, refused_calls: refused, lowest_balance: lowest }) {
	const refusals = refused ? ` ${plural(refused, "call")} would have been refused.` : " No calls would have been refused.";
	return note(refused ? "wait" : "plain", null, h("p", `From ${date(from)} to ${date(to)}, this rule would have made `,
		h("strong", charges ? `${plural(charges, "recharge")} (${money(charged)})` : "no recharges"), `. The lowest balance would have been ${money(lowest)}.${refusals}`));
}
