// Automatic recharge: rule, status, and simulation.
import { ask } from "./api.js";
import { added, addCard, addedIsSeen, cards, draft, keepDraft } from "./cards.js";
import { amountInput, confirmed, failure, field, fill, h, load, note, say } from "./dom.js";
import { cardName, date, micros, money, plural, typedAmount, when } from "./format.js";
import { toggle } from "./list.js";
import { amountFault, bounds } from "./settings.js";

const FORM = "recharge";
const AMOUNTS = [["amount", "Recharge amount"], ["threshold", "When the balance falls below"], ["daily_limit", "Daily limit"], ["monthly_limit", "Monthly limit"]];

/** The card; `renew` reloads it, and may show a message above the form. */
export function rechargeCard(isAdmin) {
	const [place, button] = [h("div"), h("div")];
	const card = h("section.card.recharge", { "aria-labelledby": "recharge-title" }, h("div.card-head", h("h2", { id: "recharge-title" }, "Automatic recharge"), button), place);
	card.renew = (message) => load(place, () => gather(isAdmin), (data) => view(data, isAdmin, card, button, message), 4);
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

function view({ rule, saved, link }, isAdmin, card, button, message) {
	const alert = h("div", { role: "alert" }, message);
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
		const charge = isOn ? (await simulate({})).charges_now : null;
		if (charge && !(await confirmed("Turn on automatic recharge?", `Your balance is below ${money(rule.threshold)}. We charge ${cardName(charge.payment_method)} at once.`, pays("Turn on", charge)))) return false;
		const send = (version) => save({ enabled: isOn, version }, charge);
		try {
			// Off is always right, also for newer settings.
			const { in_flight: open } = await send(rule.version).catch((problem) => { if (isOn || !problem.current) throw problem; return send(problem.current.version); });
			say(`Automatic recharge is ${isOn ? "on" : "off"}.`);
			await card.renew(open && note("wait", `A payment of ${money(open.amount)} was already in progress.`, h("p", "Your card may still be charged for it.")));
		} catch (problem) {
			if (!problem.current) throw problem;
			await card.renew(failure(problem));
		}
		focusSwitch();
		return isOn;
	}
}

const focusSwitch = () => document.getElementById("recharge-switch").focus();
const simulate = (body) => ask("POST", "/auto-recharge/simulate", { body });
const save = (body, charge) => ask("PATCH", "/auto-recharge", { body: { ...body, ...(charge && { accept_charge: charge.amount }) } });
const pays = (action, { amount }) => `${action} and pay ${money(amount)} now`;

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

function ruleForm(stored, saved, card) {
	const isNew = stored.amount === null;
	const rule = isNew ? { ...stored, amount: "25.00", threshold: "10.00", payment_method_id: saved[0]?.id } : stored;
	const { version, values: { threshold, amount, ...others } = {} } = draft(FORM);
	const typed = { threshold, amount, ...(version === rule.version && others) }; // Never an older card or limit.
	const shown = (name) => typed[name] ?? rule[name];
	const hint = (name, text) => (isNew || !typed[name] ? null : `Saved: ${text}`);
	const [inputs, fields] = [{}, {}];
	for (const [name, label] of AMOUNTS) {
		inputs[name] = amountInput(name, shown(name), changed);
		fields[name] = field(label, inputs[name], hint(name, rule[name]) ?? (name === "amount" ? bounds() : null));
	}
	const often = h("input", { type: "number", min: "1", max: "20", step: "1", name: "hourly_count", value: shown("hourly_count"), required: true, oninput: changed });
	const fromStripe = added(FORM, saved);
	const chosen = fromStripe?.id ?? shown("payment_method_id");
	const options = isNew || saved.some(({ id }) => id === rule.payment_method_id) ? saved : [...saved, { ...rule.payment_method, id: rule.payment_method_id }];
	const choose = h("select", { required: true, onchange: changed }, options.map((one) => h("option", { value: one.id, selected: one.id === chosen }, cardName(one))));
	fields.payment_method_id = field("Card", choose, saved.length ? hint("payment_method_id", rule.payment_method && cardName(rule.payment_method)) : "No saved cards yet.");
	fields.hourly_count = field("Recharges per hour", often, hint("hourly_count", rule.hourly_count));
	const alert = h("div", { role: "alert" });
	const [preview, button] = [h("div.preview", { role: "status" }), h("button.main", { type: "submit" })];
	const more = h("button", { onclick: leave }, "Add a card");
	const limits = h("details", h("summary", "Limits"), h("p.hint", "Automatic recharge never charges more than these limits allow."), h("div.triple", fields.hourly_count, fields.daily_limit, fields.monthly_limit));
	const form = h("form", { novalidate: true, onsubmit: submit, oninput: play, onfocusin: play }, h("div.triple", fields.threshold, fields.amount, fields.payment_method_id), limits, preview, alert, h("div.actions", button, more));
	let charge = null; // What saving charges at once, as the button says.
	if (fromStripe) {
		addedIsSeen();
		fill(alert, note("good", "Card saved.", h("p", "Save the rule to use this card for automatic recharge.")));
	}
	changed();
	return form;

	/** What was typed; defaults of a first rule are not, but are saved. */
	function changes(before = rule) {
		const all = { payment_method_id: choose.value, hourly_count: often.value };
		for (const [name, input] of Object.entries(inputs)) all[name] = typedAmount(input.value) ?? input.value;
		return Object.fromEntries(Object.entries(all).filter(([name, value]) => String(before[name] ?? "") !== value));
	}
	function keep(more) {
		keepDraft(FORM, { ...draft(FORM), version: rule.version, values: changes(), ...more });
	}
	function changed() {
		for (const one of Object.values(fields)) one.fails(null);
		button.disabled = choose.value === "" || !Object.keys(changes(stored)).length;
		showCharge(null);
		keep();
	}
	function showCharge(now) {
		charge = isNew || rule.enabled ? now : null;
		button.textContent = charge ? pays(isNew ? "Turn on" : "Save", charge) : isNew ? "Save and turn on" : "Save changes";
	}
	/** The request body, and the error message of each field. */
	function readForm() {
		const [body, faults, sum] = [changes(stored), {}, typedAmount(inputs.amount.value)];
		if (body.hourly_count) body.hourly_count = Number(often.value);
		for (const [name] of AMOUNTS) {
			const value = typedAmount(inputs[name].value);
			if (name === "amount" || value === null) faults[name] = amountFault(value);
			else if (name !== "threshold" && sum && micros(value) < micros(sum)) faults[name] = "Enter at least the recharge amount.";
		}
		if (!/^([1-9]|1[0-9]|20)$/.test(often.value)) faults.hourly_count = "Enter a whole number from 1 to 20.";
		return { body, faults, isGood: Object.values(faults).every((fault) => !fault) };
	}
	async function submit(event) {
		event.preventDefault();
		if (button.disabled) return;
		const { body, faults, isGood } = readForm();
		for (const [name, one] of Object.entries(fields)) one.fails(faults[name]);
		if (!isGood) {
			if (form.querySelector("details [aria-invalid]")) limits.open = true;
			form.querySelector("[aria-invalid]").focus();
			return;
		}
		button.disabled = true;
		clearTimeout(preview.timer);
		preview.timer = null;
		try {
			const words = button.textContent;
			if (isNew || rule.enabled) showCharge((await simulate(body)).charges_now);
			if (button.textContent !== words) { // Not even a double-click accepts an unseen amount.
				say(button.textContent);
				setTimeout(() => { button.disabled = false; }, 1000);
				return;
			}
			await save({ ...body, version: rule.version, ...(isNew && { enabled: true }) }, charge);
			keepDraft(FORM, {});
			say("Automatic recharge saved.");
			await card.renew();
			focusSwitch();
		} catch (problem) {
			button.disabled = false;
			if (problem.current) {
				keep({ version: problem.current.version });
				await card.renew(failure(problem));
			} else fill(alert, failure(problem));
		}
	}
	async function leave() {
		more.disabled = true;
		keep({ open: true });
		await addCard(FORM, saved).catch((problem) => { more.disabled = false; fill(alert, failure(problem)); });
	}
	function play() {
		clearTimeout(preview.timer);
		const turn = preview.timer = setTimeout(async () => {
			const { body, isGood } = readForm();
			const result = isGood ? await simulate(body).catch(() => null) : null;
			if (preview.timer !== turn) return;
			fill(preview, result && simulation(result));
			showCharge(result?.charges_now);
		}, 400);
	}
}

function simulation({ from, to, charges, charged, refused_calls: refused, lowest_balance: lowest }) {
	const refusals = refused ? ` ${plural(refused, "call")} would have been refused.` : " No calls would have been refused.";
	return note(refused ? "wait" : "plain", null, h("p", `From ${date(from)} to ${date(to)}, this rule would have made `,
		h("strong", charges ? `${plural(charges, "recharge")} (${money(charged)})` : "no recharges"), `. The lowest balance would have been ${money(lowest)}.${refusals}`));
}
