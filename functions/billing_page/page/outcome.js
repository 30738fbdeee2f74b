// A payment in progress, and its outcome.
import { expectPayment, loadOverview } from "./account.js";
import { declineWords } from "./codes.js";
import { draft, keepDraft } from "./cards.js";
import { fill, h, note, say } from "./dom.js";
import { cardName, money } from "./format.js";
import { abandonPayment, awaitOutcome, clearPayment, currentPayment, paymentIsOver } from "./payment.js";
import { isTaxed, paidFor } from "./tax.js";
import { translator } from "./words.js";
import funds from "messages/funds";

const t = translator(funds);
const FORM = "funds";
const STOP_AFTER_MS = 4000;

/** Show a payment in progress, then its outcome, or go to the page of the bank or of Stripe. `again(words)` shows the form. */
export async function watchPayment(place, again, paid, outcome = awaitOutcome(), isNew = false) {
	const payment = currentPayment();
	const heading = h("p.under-way", { tabindex: "-1" }, h("span.spinner", { "aria-hidden": "true" }), payment?.amount ? t("paying", { amount: money(paidFor(payment)) }) : t("payingSome"));
	const stop = h("div.actions", { hidden: true }, stopButton(again, paid));
	fill(place, h("div", { "aria-busy": "true" }, heading, h("p.hint", t("mayLeave")), stop));
	heading.focus();
	say(heading.textContent);
	setTimeout(() => { stop.hidden = false; }, STOP_AFTER_MS);
	try {
		const topUp = await outcome;
		if (topUp === undefined) return undefined;
		showTopUp(place, topUp, again, paid);
		const next = topUp?.status === "requires_action" ? topUp.next_action_url : topUp?.status === "created" ? topUp.checkout_url : null;
		if (isNew && next) location.assign(next);
	} catch (problem) {
		if (!problem.detail) throw problem;
		if (problem.status === 404 && payment?.id) return again();
		const isOpen = currentPayment() !== null;
		if (!isOpen) paymentIsOver();
		const taxed = problem.code === "total_changed" && problem.current;
		const restart = () => (taxed ? loadOverview().then(() => again(), () => again()) : again());
		const retry = () => (isOpen ? watchPayment(place, again, paid) : restart());
		const box = showOutcome(place, "bad", isOpen ? problem.title || t("unknown") : t("notMade"), [h("p", problem.detail), taxed ? h("p", newTotal(taxed)) : null, h("p", isOpen ? t("unconfirmed") : t("notCharged"))],
			h("button.main", { onclick: retry }, isOpen ? t("checkAgain") : t("back")), isOpen ? stopButton(again, paid) : null);
		if (problem.code === "offline") addEventListener("online", () => { if (box.isConnected) retry(); }, { once: true });
	}
	return undefined;
}

const newTotal = ({ amount, tax, total }) => t("nowCosts", { total: money(total), net: money(amount), tax: money(tax) });

/** Stop waiting: the payment is never sent again. */
function stopButton(again, paid) {
	return h("button", { onclick: () => {
		abandonPayment();
		expectPayment();
		again(h("div", { role: "status" }, note("wait", t("stopped"), h("p", t("stoppedWords", { link: h("a", { href: "#/history" }, t("history")) })))));
		paid();
	} }, t("stopWaiting"));
}

function showTopUp(place, topUp, again, paid) {
	const next = h("button", { onclick: () => again() }, t("addMore"));
	if (topUp === null) {
		paymentIsOver();
		showOutcome(place, "plain", t("notChargedTitle"), [h("p", t("wasNotMade"))], h("button.main", { onclick: () => again() }, t("startOver")));
		return;
	}
	const { status, kind } = topUp;
	const method = topUp.payment_method && cardName(topUp.payment_method);
	const what = method ? t("amountWith", { amount: money(paidFor(topUp)), method }) : money(paidFor(topUp));
	const bought = isTaxed(topUp) ? t("paidWithTax", { what, net: money(topUp.amount), tax: money(topUp.tax) }) : what;
	if (status === "succeeded") {
		showOutcome(place, "good", kind === "automatic" ? t("confirmed") : t("added"), [h("p", t("availableNow", { what: bought })),
			topUp.receipt_url ? h("p", h("a", { href: topUp.receipt_url, target: "_blank", rel: "noopener noreferrer" }, t("receipt"))) : null], next);
		keepDraft(FORM, { card: draft(FORM).card });
	} else if (status === "requires_action" && topUp.next_action_url) {
		showOutcome(place, "wait", t("bankAsks"), [h("p", t("confirmAtBank", { what }))],
			h("a.button.main", { href: topUp.next_action_url }, t("confirmPayment")), h("button", { onclick: () => { clearPayment(); paymentIsOver(); again(); } }, t("payAnotherWay")));
	} else if (status === "created" && topUp.checkout_url) {
		showOutcome(place, "wait", t("notFinished"), [h("p", t("finishOnStripe", { what }))],
			h("a.button.main", { href: topUp.checkout_url }, t("continueOnStripe")), h("button", { onclick: () => { abandonPayment(); again(); } }, t("payAnotherWay")));
	} else if (status === "failed" || status === "canceled") {
		paymentIsOver();
		showOutcome(place, "bad", status === "failed" ? t("declined") : t("canceled"),
			[h("p", topUp.failure ? declineWords(topUp.failure, topUp.payment_method) : t("notCompleted")), h("p", t("notChargedWhat", { what }))], h("button.main", { onclick: () => again() }, t("tryAgain")));
	} else if (topUp.payment_method?.type === "us_bank_account") {
		showOutcome(place, "good", t("bankStarted"), [h("p", t("bankArrives", { what }))], next);
	} else {
		showOutcome(place, "plain", t("slow"), [h("p", t("slowWords", { what }))], h("button", { onclick: () => watchPayment(place, again, paid) }, t("checkAgain")), stopButton(again, paid));
	}
	paid(topUp);
}

function showOutcome(place, kind, title, words, ...actions) {
	const box = note(kind, title, words);
	box.setAttribute("tabindex", "-1");
	fill(place, h("div.outcome", { role: "status" }, box, h("div.actions", actions)));
	box.focus();
	return box;
}
