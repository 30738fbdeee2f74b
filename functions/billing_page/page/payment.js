// One payment, stored with its Idempotency-Key from before the first request until its outcome is known: a second click, a
// reload, or a lost response finds the same payment and never pays twice.
import { ask, pause } from "./api.js";
import { micros } from "./format.js";

const PLACE = "payment";
const LAST = "last-payment";
const RESEND_FOR_MS = 60_000; // The server assumes for the same time that the user is still waiting.
const CLOCK_SKEW_MS = 300_000;
const REQUEST_TIMEOUT_MS = 35_000; // API Gateway times out after 30 s.
const WATCH_MS = 60_000;
const CONFIRMATION_MS = 20_000; // The user may return from the bank before Stripe reports the payment.
const CHECKOUT_MS = 8000; // The API asks Stripe itself about a payment on its page.
const ENDED = new Set(["succeeded", "failed", "canceled"]);

let waiting = new AbortController(); // Aborted when the user stops waiting.

/** The payment without a known outcome, or null. */
export const currentPayment = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "null");

const save = (payment) => sessionStorage.setItem(PLACE, JSON.stringify(payment));

/** Clear the current payment: it ended, or the server cancels it for another one. */
export const clearPayment = () => sessionStorage.removeItem(PLACE);

/** Stop waiting for the current payment: nothing of it is ever sent again. */
export function abandonPayment() {
	clearPayment();
	waiting.abort();
	waiting = new AbortController();
}

/** The payment that this tab began last, `{amount, total, at}`, or null. */
export const lastPayment = () => JSON.parse(sessionStorage.getItem(LAST) ?? "null");

/** The last payment charged nothing. */
export const paymentIsOver = () => sessionStorage.removeItem(LAST);

/** Pay once. `how` is `{card}`, or `{methods}` for a page of Stripe, and the `total` with tax. `newest` is the id of the latest earlier payment. See
 * `awaitOutcome`. */
export function pay(amount, how, newest) {
	if (currentPayment() === null) {
		save({ key: crypto.randomUUID(), amount, ...how, newest, at: Date.now() });
		sessionStorage.setItem(LAST, JSON.stringify({ amount, total: how.total, at: Date.now() }));
	}
	return awaitOutcome();
}

/** Make the payment that the bank returned from the current one, unless another has no known outcome. */
export function resumePayment(id) {
	const before = currentPayment();
	if (before === null || before.id) save({ ...(before?.id === id && before), id, back: Date.now() });
}

/** The outcome of the current payment: a top-up that ended, needs the bank or Stripe's page, or is still processing after a
 * minute; null if it was never made; undefined if the user stopped waiting. Throws the Problem that rejected it, or, while
 * `currentPayment()` is not null, that hides the outcome. */
export async function awaitOutcome() {
	const [payment, { signal }] = [currentPayment(), waiting];
	const began = Date.now();
	for (let tries = 1; !signal.aborted; tries += 1) {
		const waited = Date.now() - began;
		try {
			const topUp = await loadTopUp(payment, signal);
			if (signal.aborted) break;
			if (topUp === null) {
				clearPayment();
				return null;
			}
			save(Object.assign(payment, { id: topUp.id }));
			if (ENDED.has(topUp.status) || isBankTransfer(topUp)) clearPayment();
			if (isKnown(topUp, payment) || waited > WATCH_MS) return topUp;
			await pause(waited < 10_000 ? 1000 : 4000);
		} catch (problem) {
			if (signal.aborted) break;
			if (problem.status === 404 && payment.id) clearPayment();
			const wait = problem.retryAfter ?? tries;
			if (!problem.isUnknown || problem.code === "offline" || wait > 10 || (tries >= 3 && problem.code !== "in_progress") || waited > WATCH_MS) throw problem;
			await pause(wait * 1000);
		}
	}
	return undefined;
}

/** Whether a bank account pays: the money arrives in days. */
const isBankTransfer = ({ status, payment_method: method }) => status === "processing" && method?.type === "us_bank_account";

function isKnown(topUp, payment) {
	const isCheckout = topUp.status === "created" && topUp.kind === "checkout";
	const isReturning = Date.now() - payment.back < (isCheckout ? CHECKOUT_MS : CONFIRMATION_MS);
	const isWaiting = topUp.status === "requires_action" || isCheckout;
	return ENDED.has(topUp.status) || isBankTransfer(topUp) || (isWaiting && !isReturning);
}

async function loadTopUp(payment, signal) {
	if (payment.id) return ask("GET", `/top-ups/${encodeURIComponent(payment.id)}`);
	const age = Date.now() - payment.at;
	if (age > -CLOCK_SKEW_MS && age < RESEND_FOR_MS) return send(payment, signal);
	await pause(Math.min(Math.max(payment.sentAt + REQUEST_TIMEOUT_MS - Date.now(), 0), REQUEST_TIMEOUT_MS));
	return findTopUp(payment);
}

/** Send the payment. Only a rejected first request proves that none was made. */
async function send(payment, signal) {
	save(Object.assign(payment, { sent: (payment.sent ?? 0) + 1, sentAt: Date.now() }));
	const { amount, key, card, methods, total } = payment;
	try {
		return await (card ? ask("POST", "/top-ups", { body: { amount, payment_method_id: card.id, total }, key, signal })
			: ask("POST", "/top-ups/checkout", { body: { amount, methods }, key, signal }));
	} catch (problem) {
		if (!problem.isUnknown && payment.sent === 1 && !signal.aborted) clearPayment();
		throw problem;
	}
}

/** Look for the payment; the user may no longer expect it to be sent. */
async function findTopUp(payment) {
	const { items } = await ask("GET", "/top-ups", { query: { limit: "50" } });
	const newest = items.findIndex(({ id }) => id === payment.newest);
	const since = newest < 0 ? items : items.slice(0, newest);
	return since.find((topUp) => topUp.kind === (payment.card ? "manual" : "checkout") && micros(topUp.amount) === micros(payment.amount)
		&& (!payment.card || (topUp.payment_method?.brand === payment.card.brand && topUp.payment_method?.last4 === payment.card.last4))
		&& (newest >= 0 || Math.abs(Date.parse(topUp.created_at) - payment.at) < CLOCK_SKEW_MS)) ?? null;
}
