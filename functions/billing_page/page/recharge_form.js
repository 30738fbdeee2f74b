// The form of the rule of automatic recharge. Its button names what saving charges.
import { account } from "./account.js";
import { addedIsSeen, addMethod, draft, keepDraft, payable } from "./cards.js";
import { amountInput, failure, field, fill, h, note, say } from "./dom.js";
import { cardName, cents, date, micros, money, typedAmount } from "./format.js";
import { stateWords } from "./funds.js";
import { addedForRule, chargeOf, focusSwitch, saveRule, simulate, stepWords, taxWords } from "./recharge.js";
import { amountFault, bounds } from "./settings.js";
import { totalOf } from "./tax.js";
import { translator } from "./words.js";
import recharge from "messages/recharge";

const t = translator(recharge);
const FORM = "recharge";
const AMOUNTS = [["amount", t("amount")], ["threshold", t("threshold")], ["daily_limit", t("dailyLimit")], ["monthly_limit", t("monthlyLimit")]];

/** The form; `reopen(message)` loads it again, `close()` removes it. */
export function ruleForm(stored, methods, { reopen, close }) {
	const saved = methods.filter(({ can_recharge: can, id }) => can || id === stored.payment_method_id);
	const isNew = stored.amount === null;
	const usable = saved.filter((one) => payable(one) && one.state !== "declined");
	const rule = isNew ? { ...stored, amount: "25.00", threshold: "10.00", payment_method_id: usable[0]?.id } : stored;
	const { version, values: { threshold, amount, ...others } = {} } = draft(FORM);
	const typed = { threshold, amount, ...(version === rule.version && others) }; // Never an older card or limit.
	const shown = (name) => typed[name] ?? rule[name];
	const hint = (name, text) => (isNew || !typed[name] ? null : t("savedValue", { value: text }));
	const [inputs, fields] = [{}, {}];
	for (const [name, label] of AMOUNTS) {
		inputs[name] = amountInput(name, shown(name), changed);
		fields[name] = field(label, inputs[name], hint(name, rule[name]) ?? (name === "amount" ? bounds() : null));
	}
	const often = h("input", { type: "number", min: "1", max: "20", step: "1", name: "hourly_count", value: shown("hourly_count"), required: true, oninput: changed });
	const fromStripe = addedForRule(saved);
	const chosen = fromStripe?.id ?? shown("payment_method_id");
	const options = isNew || saved.some(({ id }) => id === rule.payment_method_id) ? saved : [...saved, { ...rule.payment_method, id: rule.payment_method_id }];
	const choose = h("select", { required: true, onchange: changed }, options.map((one) => option(one, chosen)));
	if (!options.some(({ id }) => id === chosen)) choose.value = "";
	fields.payment_method_id = field(t("card"), choose, saved.length ? hint("payment_method_id", rule.payment_method && cardName(rule.payment_method)) : t("noCards"));
	fields.hourly_count = field(t("hourlyCount"), often, hint("hourly_count", rule.hourly_count));
	const alert = h("div", { role: "alert" });
	const [steps, preview, button] = [h("p.hint"), h("div.preview", { role: "status" }), h("button.main", { type: "submit" })];
	const more = h("button", { onclick: leave }, t("addCard"));
	const limits = h("details", h("summary", t("limits")), h("p.hint", t("limitsHint")), h("div.triple", fields.hourly_count, fields.daily_limit, fields.monthly_limit));
	const form = h("form", { novalidate: true, onsubmit: submit, oninput: play, onfocusin: play, onkeydown: toButton }, h("div.triple", fields.threshold, fields.amount, fields.payment_method_id), limits, steps, preview, alert,
		h("div.actions", button, more, h("button.quiet", { onclick: () => { close(); focusSwitch(); } }, t("cancel"))));
	let charge = null; // What saving charges at once, as the button says.
	if (fromStripe) {
		addedIsSeen();
		fill(alert, note("good", t("cardSaved"), h("p", t("saveToUse"))));
	}
	changed();
	play();
	return form;

	function toButton(event) {
		if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
		event.preventDefault();
		button.focus();
	}
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
		const [sum, limit] = [typedAmount(inputs.amount.value), typedAmount(inputs.daily_limit.value)];
		steps.textContent = sum && limit ? stepWords(sum, limit) : "";
		showCharge(null);
		keep();
	}
	function showCharge(now) {
		charge = isNew || rule.enabled ? now : null;
		const values = charge && { card: cardName(charge.payment_method), amount: money(charge.total) };
		button.textContent = charge ? t("saveAndCharge", values) : isNew ? t("saveAndTurnOn") : t("saveChanges");
	}
	/** The request body, and the error message of each field. */
	function readForm() {
		const [body, faults, sum] = [changes(stored), {}, typedAmount(inputs.amount.value)];
		const least = sum && (isNew || rule.enabled) ? totalOf(sum) : sum;
		if (body.hourly_count) body.hourly_count = Number(often.value);
		for (const [name] of AMOUNTS) {
			const value = typedAmount(inputs[name].value);
			if (name === "amount" || value === null) faults[name] = amountFault(value);
			else if (name !== "threshold" && sum && micros(value) < micros(least)) faults[name] = least === sum ? t("atLeastAmount") : t("atLeastTotal", { total: money(least) });
		}
		if (!/^([1-9]|1[0-9]|20)$/.test(often.value)) faults.hourly_count = t("wholeNumber");
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
			if (isNew || rule.enabled) showCharge(chargeOf(await simulate(body)));
			if (button.textContent !== words) { // Not even a double-click accepts an unseen amount.
				say(button.textContent);
				setTimeout(() => { button.disabled = false; }, 1000);
				return;
			}
			await saveRule({ ...body, version: rule.version, ...(isNew && { enabled: true }) }, charge);
			say(t("ruleSaved"));
			close();
			document.dispatchEvent(new Event("account-changed"));
			focusSwitch();
		} catch (problem) {
			button.disabled = false;
			if (problem.current) {
				keep({ version: problem.current.version });
				document.dispatchEvent(new Event("account-changed"));
				await reopen(failure(problem));
			} else fill(alert, failure(problem));
		}
	}
	async function leave() {
		more.disabled = true;
		keep({ open: true });
		await addMethod(FORM, "card", account.methods ?? []).catch((problem) => { more.disabled = false; fill(alert, failure(problem)); });
	}
	function play() {
		clearTimeout(preview.timer);
		const turn = preview.timer = setTimeout(async () => {
			const { body, isGood } = readForm();
			const result = isGood ? await simulate(body).catch(() => null) : null;
			if (preview.timer !== turn) return;
			fill(preview, result && simulation(result));
			showCharge(result && chargeOf(result));
		}, 400);
	}
}

/** A card to choose; one that cannot be charged says why. */
function option(one, chosen) {
	const isUsable = one.state === undefined || payable(one);
	return h("option", { value: one.id, selected: one.id === chosen, disabled: !isUsable && one.id !== chosen },
		one.state && one.state !== "ok" ? t("cardInState", { card: cardName(one), state: stateWords(one) }) : cardName(one));
}

function simulation(result) {
	const { from, to, charges, charged, total = charged, refused_calls: refused, lowest_balance: lowest } = result;
	const now = chargeOf(result);
	const values = { from: date(from), to: date(to), lowest: cents(lowest) };
	const past = charges ? t("wouldHaveCharged", { ...values, recharges: h("strong", t("recharges", { count: charges, amount: money(total) })) }) : t("wouldNotHaveCharged", values);
	const words = h("p", past, " ", refused ? t("wouldHaveRefused", { count: refused }) : t("wouldHaveRefusedNone"));
	return note(refused ? "wait" : "plain", null, now ? h("p", h("strong", chargeWords(now)), " ", taxWords(now)) : null, words);
}

function chargeWords({ payment_method: method, first, total }) {
	const [values, isOne] = [{ card: cardName(method), amount: money(total) }, micros(first) === micros(total)];
	return isOne ? t("chargesNow", values) : t("chargesInParts", { ...values, first: money(first) });
}
