// Adding funds: the amount, the way to pay, and the payment.
import { account, isStopped, loadMethods, loadTopUps, onAccount, serverNow } from "./account.js";
import { draft, keepDraft, payable } from "./cards.js";
import { amountInput, confirmed, field, fill, fresh, h, load, note } from "./dom.js";
import { cardName, micros, money, typedAmount, untyped } from "./format.js";
import { watchPayment } from "./outcome.js";
import { currentPayment, lastPayment, pay, resumePayment } from "./payment.js";
import { amountFault, bounds } from "./settings.js";
import { isTaxMissing, paidFor, totalOf, withTax } from "./tax.js";
import { translator } from "./words.js";
import funds from "messages/funds";

const t = translator(funds);
const PRESETS = ["10", "25", "50", "100"];
const FORM = "funds";
const ASK_ABOVE = 250_000_000n;
const ASK_WITHIN_MS = 60_000;
const ON_STRIPE = { card: ["card"], bank: ["us_bank_account"] };

/** The card. `back` holds the URL parameters of a return; `paid(topUp)` is called for each outcome; `loading` are the lists of
 * methods and payments on their way. */
export function fundsCard(isAdmin, back, paid, loading) {
	const [place, pending] = [h("div"), h("div")];
	const card = h("section.card.funds", { "aria-labelledby": "funds-title" }, h("h2", { id: "funds-title" }, t("addFunds")), place, pending);
	let first = loading;
	if (back.topUp) resumePayment(back.topUp);
	const gather = () => {
		const lists = first ?? [account.methods ?? loadMethods(), account.topUps ?? loadTopUps()];
		first = null;
		return Promise.all(lists);
	};
	const form = (words) => {
		const hadFocus = place.contains(document.activeElement);
		return load(place, gather, () => [words ?? null, isTaxMissing() ? taxNote() : paymentForm(place, form, paid), promotion(paid)], 5).then(() => {
			if (hadFocus && document.activeElement === document.body) place.querySelector("[name=amount]")?.focus({ preventScroll: true });
		});
	};
	const reason = () => fill(place, note("plain", null, h("p", whyNot(isAdmin))));
	const begin = isAdmin ? form : reason;
	let wasStopped = isStopped();
	let shown = account.methods && JSON.stringify(account.methods); // What the form offers.
	onAccount(card, () => {
		showPending(pending, place);
		const offered = JSON.stringify(account.methods);
		if (shown !== null && shown !== offered && place.querySelector("form")) form();
		shown = offered;
		if (wasStopped !== isStopped() && !currentPayment()) {
			wasStopped = isStopped();
			(wasStopped ? reason : begin)();
		}
	});
	if (currentPayment() && (isAdmin || back.topUp)) watchPayment(place, begin, paid);
	else if (wasStopped) reason();
	else begin();
	return card;
}

function whyNot(isAdmin) {
	const { status, frozen, billing_contacts: contacts } = account.overview;
	if (status === "closed") return t("accountClosed");
	if (frozen) return t("accountFrozen");
	return isAdmin || !contacts.length ? t("onlyAdmins") : t("onlyAdminsAsk", { contacts: contacts.join(", ") });
}

/** Why no payment can be made, and where to change it. */
function taxNote() {
	return note("wait", t("noTax"), h("p", t("noTaxWords", { link: h("a", { href: "#/settings/billing" }, t("details")) })));
}

/** The field for a promotion code, whose code is loaded when it is opened. */
function promotion(paid) {
	const place = h("div");
	const show = () => { if (!place.childElementCount) load(place, () => import("./company.js"), ({ promotionForm }) => promotionForm(paid), 1); };
	return h("details.promotion", { ontoggle: show }, h("summary", t("promotion")), place);
}

/** Move to the form, with this amount in it if one is given. */
export function prefill(amount) {
	const input = document.querySelector(".funds [name=amount]");
	if (!input) return document.getElementById("funds-title")?.scrollIntoView();
	if (amount !== null) {
		input.value = untyped(amount);
		input.dispatchEvent(new Event("input", { bubbles: true }));
	}
	input.closest("section").scrollIntoView({ block: "nearest" });
	input.focus({ preventScroll: true });
	input.select();
	return undefined;
}

/** Payments whose money is on its way. */
function showPending(place, form) {
	const current = currentPayment()?.id;
	const open = (account.topUps ?? []).filter(({ id, status }) => status === "processing" && id !== current);
	const words = (topUp) => t(topUp.payment_method?.type === "us_bank_account" ? "pendingBank" : "pendingCard",
		{ amount: money(paidFor(topUp)), method: topUp.payment_method ? cardName(topUp.payment_method) : "" });
	fill(place, open.length && !form.querySelector(".outcome") ? h("ul.pending", { "aria-label": t("onTheirWay") }, open.map((topUp) => h("li", words(topUp)))) : null);
}

function paymentForm(place, again, paid) {
	const { methods, topUps } = account;
	const typed = draft(FORM);
	const canPay = methods.filter(payable);
	const usable = canPay.filter(({ state }) => state !== "declined");
	const ids = [...canPay.map(({ id }) => id), ...Object.keys(ON_STRIPE)];
	let wanted = ids.includes(typed.card) ? typed.card : undefined; // What the user picked.
	const chosen = wanted ?? usable[0]?.id ?? (canPay.length ? null : "card");
	const amount = amountInput("amount", typed.amount ?? "25.00", changed);
	const amountField = field(t("amount"), amount, bounds());
	const presets = PRESETS.filter((preset) => !amountFault(`${preset}.00`)).map((preset) =>
		h("button.chip", { "aria-pressed": "false", value: preset, onclick: () => { amount.value = untyped(`${preset}.00`); changed(); } }, money(preset, { places: 0 })));
	const choices = [...methods.map((one) => choice(one.id, cardName(one), stateWords(one), chosen, changed, !payable(one))),
		choice("card", methods.length ? t("otherCard") : t("newCard"), t("onStripe"), chosen, changed),
		choice("bank", methods.length ? t("otherBank") : t("newBank"), t("bankDays"), chosen, changed)];
	const button = h("button.main.wide-button", { type: "submit" }, t("pay"));
	const [cost, safe] = [h("p.center"), h("p.hint.center")];
	const form = h("form", { novalidate: true, onsubmit: submit },
		h("div.amounts", amountField, h("div.chips", { role: "group", "aria-label": t("suggested") }, presets)),
		h("fieldset", h("legend", t("paymentMethod")), shortened(choices, methods.length)), cost, button, safe);
	amount.addEventListener("keydown", (event) => {
		if (event.key !== "Enter") return;
		event.preventDefault(); // A payment takes a press of its button.
		button.focus();
	});
	changed();
	return onAccount(form, showCost);

	function picked() { return new FormData(form).get("card"); }
	function changed(event) {
		const [sum, how] = [typedAmount(amount.value), picked()];
		if (event?.target.name === "card") wanted = how;
		keepDraft(FORM, { amount: /^[\d.]*$/.test(amount.value) ? amount.value : sum ?? amount.value, card: wanted });
		for (const preset of presets) preset.setAttribute("aria-pressed", String(sum !== null && micros(sum) === micros(`${preset.value}.00`)));
		showCost();
		button.disabled = how === null;
		safe.textContent = how === null ? t("chooseMethod") : how in ON_STRIPE ? t("nextStripe") : t("stripeProcesses");
		amountField.fails(null);
	}
	/** What the payment takes, with its tax. */
	function showCost() {
		const sum = typedAmount(amount.value);
		const taxed = withTax(sum);
		cost.hidden = !taxed;
		cost.textContent = taxed ? t("withTax", { net: money(sum), tax: money(taxed.tax), percent: taxed.percent }) : "";
		button.textContent = sum === null ? t("pay") : t("payAmount", { amount: money(totalOf(sum)) });
	}
	async function submit(event) {
		event.preventDefault();
		const [sum, how] = [typedAmount(amount.value), picked()];
		const fault = amountFault(sum);
		if (fault) {
			amountField.fails(fault);
			amount.focus();
			return;
		}
		if (button.disabled) return;
		button.disabled = true;
		const card = methods.find(({ id }) => id === how);
		if (!(await isMeant(totalOf(sum), card))) {
			button.disabled = false;
			button.focus();
			return;
		}
		const way = card ? { card: { id: card.id, brand: card.brand, last4: card.last4 } } : { methods: ON_STRIPE[how] };
		watchPayment(place, again, paid, pay(sum, { ...way, total: totalOf(sum) }, topUps[0]?.id ?? null), true);
	}
}

/** Ask before a large payment, and before a second one within a minute. */
async function isMeant(amount, card) {
	const before = recentPayment();
	if (!before && micros(amount) <= ASK_ABOVE) return true;
	const title = before ? t("payAgain", { amount: money(amount) }) : t("payLarge", { amount: money(amount) });
	const words = before ? t("paidJustNow", { amount: money(paidFor(before)) }) : card ? t("chargeNow", { card: cardName(card), amount: money(amount) }) : t("nextStripe");
	return confirmed(title, words, t("payAmount", { amount: money(amount) }), "main");
}

/** A payment by hand of the last minute, of this tab or of another one. */
function recentPayment() {
	const own = lastPayment();
	if (own && Math.abs(Date.now() - own.at) < ASK_WITHIN_MS) return own;
	return account.topUps.find(({ kind, status, created_at: at }) => kind !== "automatic" && ["succeeded", "processing"].includes(status) && serverNow() - Date.parse(at) < ASK_WITHIN_MS) ?? null;
}

/** What the list says about a method that cannot pay, or soon cannot. */
export function stateWords(one) {
	const expires = one.exp_month ? t("expires", { date: `${String(one.exp_month).padStart(2, "0")}/${String(one.exp_year).slice(-2)}` }) : t("bankDays");
	const state = one.state === "ok" ? expires : t(`state_${one.state}`);
	return one.default ? t("withDefault", { state }) : state;
}

function choice(value, name, words, chosen, changed, isOff = false) {
	const id = fresh("card");
	return h("div.choice", h("input", { type: "radio", name: "card", id, value, checked: value === chosen, disabled: isOff, onchange: changed }),
		h("label", { for: id }, h("span.name", name), h("span.hint", words)));
}

/** Show three saved methods; the others on demand. */
function shortened(choices, saved, limit = 3) {
	const hidden = choices.slice(limit, saved);
	if (!hidden.length || hidden.some((one) => one.querySelector(":checked"))) return choices;
	for (const one of hidden) one.hidden = true;
	const more = h("button.quiet", { onclick: () => { for (const one of hidden) one.hidden = false; hidden[0].querySelector("input").focus(); more.remove(); } }, t("showAll", { count: saved }));
	return [...choices.slice(0, saved), more, ...choices.slice(saved)];
}
