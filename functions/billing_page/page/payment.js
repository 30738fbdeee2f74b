// One payment from the click to its outcome. What is wanted is written down, with its Idempotency-Key, before the first
// request, and kept until what became of it is known: so a second click, a reload, or a lost answer finds the same
// payment, and none is ever made twice.
import { ask, pause } from "./api.js";
import { micros } from "./format.js";

const PLACE = "payment";
const STILL_WANTED_MS = 60_000; // For so long the server, too, takes a person for still being there.
const CLOCKS_DIFFER_MS = 300_000;
const REQUEST_LASTS_MS = 35_000; // The gateway gives up after 30 s.
const WATCHED_MS = 60_000;
const TOLD_MS = 20_000; // Its person may know first that it is paid.
const ENDED = new Set(["succeeded", "failed", "canceled"]);

/** The payment whose outcome is not known yet; null if there is none. */
export const standing = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "null");

const keep = (wanted) => sessionStorage.setItem(PLACE, JSON.stringify(wanted));

/** Think no more of the payment that stands: it ended, or its person wants another one and the server ends it. */
export const forget = () => sessionStorage.removeItem(PLACE);

/** Pay, once. `newest` is the id of the newest payment there was before. Answers like `carryOn`. */
export function pay(amount, card, newest) {
	if (standing() === null) keep({ key: crypto.randomUUID(), amount, card, newest, at: Date.now() });
	return carryOn();
}

/** A payment somebody comes back to from their bank. One whose outcome is not known at all comes first. */
export function comeBack(id) {
	const before = standing();
	if (before === null || before.id) keep({ ...(before?.id === id && before), id, back: Date.now() });
}

/** Find out what becomes of the payment that stands: the top-up, ended, or waiting for the bank, or after a minute still
 * under way; null if there is none, and nothing was charged. Throws the Problem that keeps it from being known, or that
 * refused it: then `standing()` says which. */
export async function carryOn() {
	const wanted = standing();
	const began = Date.now();
	for (let tries = 1; ; tries += 1) {
		const waited = Date.now() - began;
		try {
			const topUp = await look(wanted);
			if (topUp === null) {
				forget();
				return null;
			}
			keep(Object.assign(wanted, { id: topUp.id }));
			if (ENDED.has(topUp.status)) forget();
			const waits = topUp.status === "requires_action" && !(Date.now() - wanted.back < TOLD_MS);
			if (ENDED.has(topUp.status) || waits || waited > WATCHED_MS) return topUp;
			await pause(waited < 10_000 ? 1000 : 4000);
		} catch (problem) {
			if (problem.status === 404 && wanted.id) forget();
			const wait = problem.retryAfter ?? tries;
			if (!problem.isUnknown || problem.code === "offline" || wait > 10 || (tries >= 3 && problem.code !== "in_progress") || waited > WATCHED_MS) throw problem;
			await pause(wait * 1000);
		}
	}
}

async function look(wanted) {
	if (wanted.id) return ask("GET", `/top-ups/${encodeURIComponent(wanted.id)}`);
	const age = Date.now() - wanted.at;
	if (age > -CLOCKS_DIFFER_MS && age < STILL_WANTED_MS) return send(wanted);
	await pause(Math.min(Math.max(wanted.sentAt + REQUEST_LASTS_MS - Date.now(), 0), REQUEST_LASTS_MS));
	return found(wanted);
}

/** Ask for it. Refused at the first asking it is not made; a later refusal says nothing of those before. */
async function send(wanted) {
	keep(Object.assign(wanted, { sent: (wanted.sent ?? 0) + 1, sentAt: Date.now() }));
	try {
		return await ask("POST", "/top-ups", { body: { amount: wanted.amount, payment_method_id: wanted.card.id }, key: wanted.key });
	} catch (problem) {
		if (!problem.isUnknown && wanted.sent === 1) forget();
		throw problem;
	}
}

/** Whether it was made, long after: asked without asking for it again, because its person has moved on. */
async function found(wanted) {
	const { items } = await ask("GET", "/top-ups", { query: { limit: "50" } });
	const known = items.findIndex(({ id }) => id === wanted.newest);
	const since = known < 0 ? items : items.slice(0, known);
	return since.find((topUp) => topUp.kind === "manual" && micros(topUp.amount) === micros(wanted.amount)
		&& topUp.payment_method.brand === wanted.card.brand && topUp.payment_method.last4 === wanted.card.last4
		&& (known >= 0 || Math.abs(Date.parse(topUp.created_at) - wanted.at) < CLOCKS_DIFFER_MS)) ?? null;
}
