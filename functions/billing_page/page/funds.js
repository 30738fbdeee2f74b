// Adding funds: the amount, the card, and the outcome.
import { ask } from "./api.js";
import { added, addCard, addedIsSeen, cards, draft, hasLeft, keepDraft, removeCard } from "./cards.js";
import { amountInput, confirmed, failure, field, fill, fresh, h, load, note, say } from "./dom.js";
import { cardName, micros, money, typedAmount } from "./format.js";
import { awaitOutcome, clearPayment, currentPayment, pay, resumePayment } from "./payment.js";
import { amountFault, bounds } from "./settings.js";

const PRESETS = ["10", "25", "50", "100"];
const FORM = "funds";

/** The card. `back` holds the URL parameters of a return; `paid(topUp)` is called for each outcome. */
export function fundsCard(isAdmin, back, paid) {
	const place = h("div");
	const card = h("section.card.funds", { "aria-labelledby": "funds-title" }, h("h2", { id: "funds-title" }, "Add funds"), place);
	if (back.topUp) resumePayment(back.topUp);
	if (!isAdmin) {
		const reason = () => fill(place, note("plain", null, h("p", "Only a billing admin of your account can add funds. Contact one when credit runs low.")));
		if (back.topUp) watch(place, reason, paid);
		else reason();
		return card;
	}
	const form = () => load(place, gather, (data) => paymentForm(place, data, back, form, paid), 5);
	if (currentPayment()) watch(place, form, paid);
	else form();
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
		saved.length ? null : h("p.hint", "No saved cards yet. Add a card on Stripe's page, then return here."));
	const alert = h("div", { role: "alert" });
	const button = h("button.main.wide-button", { type: "submit" }, "Pay");
	const more = h("button.quiet", { onclick: leave }, "Add a card");
	const form = h("form", { novalidate: true, onsubmit: submit }, h("div.amounts", amountField, h("div.chips", { role: "group", "aria-label": "Suggested amounts" }, presets)), cardsField, more, alert, button,
		h("p.hint.center", "Stripe processes your payment. We never receive your card number."));
	if (back.card && hasLeft(FORM)) {
		alert.append(back.card === "added" ? note("good", "Card saved.", h("p", "You were not charged.")) : note("plain", "No card was added."));
		say(alert.textContent);
		addedIsSeen();
	}
	changed();
	return form;

	function picked() { return saved.find(({ id }) => id === new FormData(form).get("card")); }
	function changed() {
		keepDraft(FORM, { amount: amount.value, card: picked()?.id });
		const sum = typedAmount(amount.value);
		for (const preset of presets) preset.setAttribute("aria-pressed", String(sum !== null && micros(sum) === micros(`${preset.value}.00`)));
		button.textContent = sum === null ? "Pay" : `Pay ${money(sum)}`;
		button.disabled = saved.length === 0;
		amountField.fails(null);
	}
	async function leave() {
		more.disabled = true;
		fill(alert);
		await addCard(FORM, saved).catch((problem) => { more.disabled = false; fill(alert, failure(problem)); });
	}
	function submit(event) {
		event.preventDefault();
		const sum = typedAmount(amount.value);
		const one = picked();
		const fault = amountFault(sum);
		if (fault) {
			amountField.fails(fault);
			amount.focus();
			return;
		}
		if (button.disabled || !one) return;
		button.disabled = true;
		watch(place, again, paid, pay(sum, { id: one.id, brand: one.brand, last4: one.last4 }, newest), true);
	}
}

/** What the list says about a card that cannot pay, or soon cannot. */
const STATES = {
	blocked: "Blocked: contact your provider",
	expired: "Expired",
	declined: "Declined by the bank",
	expiring: "Expires soon",
};

function cardChoice(one, chosen, changed, forget) {
	const id = fresh("card");
	const expires = `${String(one.exp_month).padStart(2, "0")}/${String(one.exp_year).slice(-2)}`;
	return h("div.choice",
		h("input", { type: "radio", name: "card", id, value: one.id, checked: one.id === chosen, onchange: changed }),
		h("label", { for: id }, h("span.name", cardName(one)), h("span.hint", `${STATES[one.state] ?? `Expires ${expires}`}${one.default ? " · default" : ""}`)),
		h("button.quiet", { "aria-label": `Remove ${cardName(one)}`, onclick: forget }, "Remove"));
}

async function forgetCard(one, place, again) {
	const pauses = one.pauses_auto_recharge ? "Automatic recharge uses this card and pauses until you choose another card." : "This does not pause automatic recharge.";
	const words = `We will no longer charge ${cardName(one)}. ${pauses}`;
	if (!(await confirmed("Remove this card?", words, "Remove card"))) return;
	try {
		await removeCard(one.id);
		say("Card removed.");
		document.dispatchEvent(new Event("card-removed"));
		again();
	} catch (problem) {
		fill(place, failure(problem, again));
	}
}

/** Show a payment in progress, then its outcome or the bank's page. */
async function watch(place, again, paid, outcome = awaitOutcome(), isNew = false) {
	const payment = currentPayment();
	const what = payment?.amount ? ` of ${money(payment.amount)}` : "";
	const heading = h("p.under-way", { tabindex: "-1" }, h("span.spinner", { "aria-hidden": "true" }), `Your payment${what} is being processed.`);
	fill(place, h("div", { "aria-busy": "true" }, heading, h("p.hint", "You can leave or reload this page. You will not be charged twice.")));
	heading.focus();
	say("Your payment is being processed.");
	try {
		const topUp = await outcome;
		show(place, topUp, again, paid);
		if (isNew && topUp?.status === "requires_action" && topUp.next_action_url) location.assign(topUp.next_action_url);
	} catch (problem) {
		if (!problem.detail) throw problem;
		if (problem.status === 404 && payment?.id) return again();
		const isOpen = currentPayment() !== null;
		const retry = () => (isOpen ? watch(place, again, paid) : again());
		const more = isOpen ? "We cannot confirm this payment yet. Checking again never charges you twice." : "You were not charged.";
		showOutcome(place, "bad", isOpen ? problem.title || "Payment status unknown" : "Payment not made", [h("p", problem.detail), h("p", more)],
			h("button.main", { onclick: retry }, isOpen ? "Check again" : "Back"));
		if (problem.code === "offline") addEventListener("online", () => { if (place.isConnected) retry(); }, { once: true });
	}
	return undefined;
}

function show(place, topUp, again, paid) {
	const next = h("button", { onclick: again }, "Add more funds");
	if (topUp === null) {
		showOutcome(place, "plain", "You were not charged", [h("p", "Your payment was not made.")], h("button.main", { onclick: again }, "Start over"));
		return;
	}
	const what = `${money(topUp.amount)} with ${cardName(topUp.payment_method)}`;
	if (topUp.status === "succeeded") {
		const title = topUp.kind === "automatic" ? "Payment confirmed" : "Funds added";
		showOutcome(place, "good", title, [h("p", `${what}. Your credit is available now.`),
			topUp.receipt_url ? h("p", h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer" }, "Receipt")) : null], next);
		keepDraft(FORM, { card: draft(FORM).card });
	} else if (topUp.status === "requires_action" && topUp.next_action_url) {
		showOutcome(place, "wait", "Your bank requires confirmation", [h("p", `Confirm the payment of ${what} on your bank's page. You then return here.`)],
			h("a.button.main", { href: topUp.next_action_url }, "Confirm payment"), h("button", { onclick: () => { clearPayment(); again(); } }, "Pay another way"));
	} else if (topUp.status === "failed" || topUp.status === "canceled") {
		showOutcome(place, "bad", topUp.status === "failed" ? "Payment declined" : "Payment canceled",
			[h("p", topUp.failure?.message ?? "The payment was not completed."), h("p", `You were not charged ${what}.`)], h("button.main", { onclick: again }, "Try again"));
	} else {
		showOutcome(place, "plain", "Payment still processing", [h("p", `The payment of ${what} is taking longer than usual. You can follow it under History. We add the credit when it succeeds.`)], h("button", { onclick: () => watch(place, again, paid) }, "Check again"));
	}
	paid(topUp);
}

function showOutcome(place, kind, title, words, ...actions) {
	const box = note(kind, title, words);
	box.setAttribute("tabindex", "-1");
	fill(place, h("div.outcome", { role: "status" }, box, h("div.actions", actions)));
	box.focus();
}
