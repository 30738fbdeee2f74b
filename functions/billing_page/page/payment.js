// One payment, stored with its Idempotency-Key from before the first request until its outcome is known: a second click, a
// reload, or a lost response finds the same payment and never pays twice.
import { ask, pause } from "./api.js";
import { micros } from "./format.js";

const PLACE = "payment";
const RESEND_FOR_MS = 60_000; // The server assumes for the same time that the user is still waiting.
const CLOCK_SKEW_MS = 300_000;
const REQUEST_TIMEOUT_MS = 35_000; // API Gateway times out after 30 s.
const WATCH_MS = 60_000;
const CONFIRMATION_MS = 20_000; // The user may return before Stripe reports the payment.
const ENDED = new Set(["succeeded", "failed", "canceled"]);

/** The payment without a known outcome, or null. */
export const currentPayment = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "null");

const save = (payment) => sessionStorage.setItem(PLACE, JSON.stringify(payment));

/** Clear the current payment: it ended, or the server cancels it for another one. */
export const clearPayment = () => sessionStorage.removeItem(PLACE);

/** Pay once. `newest` is the id of the latest earlier payment. See `awaitOutcome`. */
export function pay(amount, card, newest) {
	if (currentPayment() === null) save({ key: crypto.randomUUID(), amount, card, newest, at: Date.now() });
	return awaitOutcome();
}

/** Make the payment that the bank returned from the current one, unless another has no known outcome. */
export function resumePayment(id) {
	const before = currentPayment();
	if (before === null || before.id) save({ ...(before?.id === id && before), id, back: Date.now() });
}

/** The outcome of the current payment: a top-up that ended, needs the bank, or is still processing after a minute; null if it
 * was never made. Throws the Problem that rejected it, or, while `currentPayment()` is not null, that hides the outcome. */
export async function awaitOutcome() {
	const payment = currentPayment();
	const began = Date.now();
	for (let tries = 1; ; tries += 1) {
		const waited = Date.now() - began;
		try {
			const topUp = await loadTopUp(payment);
			if (topUp === null) {
				clearPayment();
				return null;
			}
			save(Object.assign(payment, { id: topUp.id }));
			if (ENDED.has(topUp.status)) clearPayment();
			const isWaiting = topUp.status === "requires_action" && !(Date.now() - payment.back < CONFIRMATION_MS);
			if (ENDED.has(topUp.status) || isWaiting || waited > WATCH_MS) return topUp;
			await pause(waited < 10_000 ? 1000 : 4000);
		} catch (problem) {
			if (problem.status === 404 && payment.id) clearPayment();
			const wait = problem.retryAfter ?? tries;
			if (!problem.isUnknown || problem.code === "offline" || wait > 10 || (tries >= 3 && problem.code !== "in_progress") || waited > WATCH_MS) throw problem;
			await pause(wait * 1000);
		}
	}
}

async function loadTopUp(payment) {
	if (payment.id) return ask("GET", `/top-ups/${encodeURIComponent(payment.id)}`);
	const age = Date.now() - payment.at;
	if (age > -CLOCK_SKEW_MS && age < RESEND_FOR_MS) return send(payment);
	await pause(Math.min(Math.max(payment.sentAt + REQUEST_TIMEOUT_MS - Date.now(), 0), REQUEST_TIMEOUT_MS));
	return findTopUp(payment);
}

/** Send the payment. Only a rejected first request proves that none was made. */
async function send(payment) {
	save(Object.assign(payment, { sent: (payment.sent ?? 0) + 1, sentAt: Date.now() }));
	try {
		return await ask("POST", "/top-ups", { body: { amount: payment.amount, payment_method_id: payment.card.id }, key: payment.key });
	} catch (problem) {
		if (!problem.isUnknown && payment.sent === 1) clearPayment();
		throw problem;
	}
}

/** Look for the payment; the user may no longer expect it to be sent. */
async function findTopUp(payment) {
	const { items } = await ask("GET", "/top-ups", { query: { limit: "50" } });
	const newest = items.findIndex(({ id }) => id === payment.newest);
	const since = newest < 0 ? items : items.slice(0, newest);
	return since.find((topUp) => topUp.kind === "manual" && micros(topUp.amount) === micros(payment.amount)
		&& topUp.payment_method?.brand === payment.card.brand && topUp.payment_method?.last4 === payment.card.last4
		&& (newest >= 0 || Math.abs(Date.parse(topUp.created_at) - payment.at) < CLOCK_SKEW_MS)) ?? null;
}
