// Adding funds: an amount, a card, Pay, and what became of it. payment.js knows how it is made once.
import { ask } from "./api.js";
import { added, addCard, addedIsSeen, cards, draft, hasLeft, keepDraft, removeCard } from "./cards.js";
import { amountInput, confirmed, failure, field, fill, fresh, h, load, note, say } from "./dom.js";
import { cardName, micros, money, typedAmount } from "./format.js";
import { carryOn, comeBack, forget, pay, standing } from "./payment.js";
import { amountFault, bounds } from "./settings.js";

const PRESETS = ["10", "25", "50", "100"];
const FORM = "funds";

/** The card. `back` is what the address said of a way back: `{topUp, card}`; `paid` hears of each payment that ended. */
export function fundsCard(isAdmin, back, paid) {
	const place = h("div");
	const card = h("section.card.funds", { "aria-labelledby": "funds-title" }, h("h2", { id: "funds-title" }, "Add funds"), place);
	if (back.topUp) comeBack(back.topUp);
	if (!isAdmin) {
		const reason = () => fill(place, note("plain", null, h("p", "Only a billing admin of your account can add funds. Ask one of them when credit runs low.")));
		if (back.topUp) watch(place, reason, paid);
		else reason();
		return card;
	}
	const form = () => load(place, gather, (found) => paymentForm(place, found, back, form, paid), 5);
	addEventListener("pageshow", (event) => { if (event.persisted && card.isConnected) start(); });
	start();
	function start() {
		if (standing()) watch(place, form, paid);
		else form();
	}
	return card;
}

async function gather() {
	const [saved, last] = await Promise.all([cards(), ask("GET", "/top-ups", { query: { limit: "1" } })]);
	return { saved, newest: last.items[0]?.id ?? null };
}

function paymentForm(place, { saved, newest }, back, again, paid) {
	const typed = draft(FORM);
	const fromStripe = added(FORM, saved);
	const chosen = fromStripe?.id ?? (saved.some(({ id }) => id === typed.card) ? typed.card : saved[0]?.id);
	const amount = amountInput("amount", typed.amount ?? "25.00", changed);
	const amountField = field("Amount", amount, bounds());
	const presets = PRESETS.filter((preset) => !amountFault(`${preset}.00`)).map((preset) =>
		h("button.chip", { "aria-pressed": "false", value: preset, onclick: () => { amount.value = `${preset}.00`; changed(); } }, `$${preset}`));
	const radios = saved.map((one) => cardChoice(one, chosen, changed, () => forgetCard(one, place, again)));
	const cardsField = h("fieldset", h("legend", "Payment method"), radios,
		saved.length ? null : h("p.hint", "No card is saved yet. You add one on Stripe's page and come back here."));
	const trouble = h("div", { role: "alert" });
	const button = h("button.main.wide-button", { type: "submit" }, "Pay");
	const more = h("button.quiet", { onclick: leave }, "Add a card");
	const form = h("form", { novalidate: true, onsubmit: submit }, h("div.amounts", amountField, h("div.chips", { role: "group", "aria-label": "Often chosen amounts" }, presets)), cardsField, more, trouble, button,
		h("p.hint.center", "Paid by card through Stripe. Card numbers never reach us."));
	if (back.card && hasLeft(FORM)) {
		trouble.append(back.card === "added" ? note("good", "The card is saved.", h("p", "Nothing was charged yet.")) : note("plain", "No card was added."));
		say(trouble.textContent);
		addedIsSeen();
	}
	changed();
	return form;

	function picked() { return saved.find(({ id }) => id === new FormData(form).get("card")); }
	function changed() {
		keepDraft(FORM, { amount: amount.value, card: picked()?.id });
		const wanted = typedAmount(amount.value);
		for (const preset of presets) preset.setAttribute("aria-pressed", String(wanted !== null && micros(wanted) === micros(`${preset.value}.00`)));
		button.textContent = wanted === null ? "Pay" : `Pay ${money(wanted)}`;
		button.disabled = saved.length === 0;
		amountField.fails(null);
	}
	async function leave() {
		more.disabled = true;
		fill(trouble);
		await addCard(FORM, saved).catch((problem) => { more.disabled = false; fill(trouble, failure(problem)); });
	}
	function submit(event) {
		event.preventDefault();
		const wanted = typedAmount(amount.value);
		const one = picked();
		const fault = amountFault(wanted);
		if (fault) {
			amountField.fails(fault);
			amount.focus();
			return;
		}
		if (button.disabled || !one) return;
		button.disabled = true;
		watch(place, again, paid, pay(wanted, { id: one.id, brand: one.brand, last4: one.last4 }, newest), true);
	}
}

function cardChoice(one, chosen, changed, forget) {
	const id = fresh("card");
	const expires = `${String(one.exp_month).padStart(2, "0")}/${String(one.exp_year).slice(-2)}`;
	return h("div.choice",
		h("input", { type: "radio", name: "card", id, value: one.id, checked: one.id === chosen, onchange: changed }),
		h("label", { for: id }, h("span.name", cardName(one)), h("span.hint", `Expires ${expires}${one.default ? " · default" : ""}`)),
		h("button.quiet", { "aria-label": `Remove ${cardName(one)}`, onclick: forget }, "Remove"));
}

async function forgetCard(one, place, again) {
	const words = `${cardName(one)} can no longer be charged. Automatic recharge with this card pauses until it is given another.`;
	if (!(await confirmed("Remove this card?", words, "Remove"))) return;
	try {
		await removeCard(one.id);
		say("The card was removed.");
		document.dispatchEvent(new Event("card-removed"));
		again();
	} catch (problem) {
		fill(place, failure(problem, again));
	}
}

/** Show a payment on its way, then what became of it; one just begun leads on to the bank that asks for it. */
async function watch(place, again, paid, outcome = carryOn(), isNew = false) {
	const wanted = standing();
	const what = wanted?.amount ? ` of ${money(wanted.amount)}` : "";
	const heading = h("p.under-way", { tabindex: "-1" }, h("span.spinner", { "aria-hidden": "true" }), `Your payment${what} is being processed.`);
	fill(place, h("div", { "aria-busy": "true" }, heading, h("p.hint", "You can leave this page or load it again; nothing is paid twice.")));
	heading.focus();
	say("Your payment is being processed.");
	try {
		const topUp = await outcome;
		show(place, topUp, again, paid);
		if (isNew && topUp?.status === "requires_action" && topUp.next_action_url) location.assign(topUp.next_action_url);
	} catch (problem) {
		if (!problem.detail) throw problem;
		if (problem.status === 404 && wanted?.id) return again();
		const isOpen = standing() !== null;
		const retry = () => (isOpen ? watch(place, again, paid) : again());
		const more = isOpen ? "We do not know yet what became of this payment. Asking again never pays twice." : "Nothing was charged.";
		tell(place, "bad", isOpen ? problem.title || "No answer yet" : "The payment was not made", [h("p", problem.detail), h("p", more)],
			h("button.main", { onclick: retry }, isOpen ? "Ask again" : "Back"));
		if (problem.code === "offline") addEventListener("online", () => { if (place.isConnected) retry(); }, { once: true });
	}
	return undefined;
}

function show(place, topUp, again, paid) {
	const next = h("button", { onclick: again }, "Add more funds");
	if (topUp === null) {
		tell(place, "plain", "Nothing was charged", [h("p", "The payment you began was never made. You can begin it again.")], h("button.main", { onclick: again }, "Begin again"));
		return;
	}
	const what = `${money(topUp.amount)} with ${cardName(topUp.payment_method)}`;
	if (topUp.status === "succeeded") {
		const title = topUp.kind === "automatic" ? "Payment confirmed" : "Funds added";
		tell(place, "good", title, [h("p", `${what}. The credit is yours to use now.`),
			topUp.receipt_url ? h("p", h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer" }, "Receipt")) : null], next);
		keepDraft(FORM, { card: draft(FORM).card });
	} else if (topUp.status === "requires_action" && topUp.next_action_url) {
		tell(place, "wait", "Your bank asks you to confirm", [h("p", `${what} is paid once you have confirmed it on your bank's page. You come back here by yourself.`)],
			h("a.button.main", { href: topUp.next_action_url }, "Confirm payment"), h("button", { onclick: () => { forget(); again(); } }, "Pay another way"));
	} else if (topUp.status === "failed" || topUp.status === "canceled") {
		tell(place, "bad", topUp.status === "failed" ? "The payment was declined" : "The payment was canceled",
			[h("p", topUp.failure?.message ?? "No money was taken."), h("p", `${what}: nothing was charged.`)], h("button.main", { onclick: again }, "Try another way"));
	} else {
		tell(place, "plain", "Still being processed", [h("p", `${what} takes longer than usual. It appears under History, and the credit is added by itself.`)], h("button", { onclick: () => watch(place, again, paid) }, "Look again"));
	}
	paid(topUp);
}

function tell(place, kind, title, words, ...actions) {
	const box = note(kind, title, words);
	box.setAttribute("tabindex", "-1");
	fill(place, h("div.outcome", { role: "status" }, box, h("div.actions", actions)));
	box.focus();
}
