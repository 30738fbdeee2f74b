// What the Billing view knows about the account. Every part of the view shows it again after each change.
import { ask } from "./api.js";
import { useZone } from "./format.js";

const RECENT = "5";
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const LATE_PAYMENT_MS = 90_000;
const BANK_DAYS_MS = 120_000; // A bank payment takes days: stop asking soon.

/** `overview` is the answer of GET /overview, `methods` and `topUps` are lists, null until they are loaded. `ahead` is how many
 * milliseconds the server's clock is ahead of this one. */
export const account = { overview: null, methods: null, topUps: null, ahead: 0 };

export const isStopped = () => account.overview.frozen || account.overview.status === "closed";
export const serverNow = () => Date.now() + account.ahead;

export async function loadOverview() {
	const found = await ask("GET", "/overview");
	useZone(found.time_zone);
	Object.assign(account, { overview: found, ahead: Date.parse(found.as_of) - Date.now() });
	announce();
	return found;
}

export async function loadMethods() {
	account.methods = (await ask("GET", "/payment-methods")).items;
	announce();
	return account.methods;
}

export async function loadTopUps() {
	account.topUps = (await ask("GET", "/top-ups", { query: { limit: RECENT } })).items;
	announce();
	return account.topUps;
}

const announce = () => document.dispatchEvent(new Event("account"));

/** Call `show` after each change, as long as the element is on the page. */
export function onAccount(element, show) {
	let wasShown = false;
	document.addEventListener("account", function changed() {
		wasShown ||= element.isConnected;
		if (wasShown && !element.isConnected) document.removeEventListener("account", changed);
		else if (account.overview) show();
	});
	return element;
}

/** Whether this payment will change soon. */
function isUnderWay(topUp) {
	if (topUp.status !== "processing") return false;
	return topUp.payment_method?.type !== "us_bank_account" || serverNow() - Date.parse(topUp.created_at) < BANK_DAYS_MS;
}

/** A payment that the user no longer waits for may still be made: the server finishes or cancels it within a minute. */
export function expectPayment() {
	expectedUntil = Date.now() + LATE_PAYMENT_MS;
	announce();
}

const isMoving = () => Date.now() < expectedUntil || account.overview?.auto_recharge.status === "charging" || (account.topUps ?? []).some(isUnderWay);

let expectedUntil = 0;
let timer = null;
let wait = FIRST_WAIT_MS;

/** Ask again while something is being charged, less and less often, and only while the page is visible. */
export function followEvents(isCurrent, isAdmin) {
	wait = FIRST_WAIT_MS;
	next();
	function next() {
		clearTimeout(timer);
		if (isCurrent() && isMoving()) timer = setTimeout(look, wait);
	}
	async function look() {
		if (document.hidden || !isCurrent()) return;
		wait = Math.min(wait * 1.5, LONGEST_WAIT_MS);
		await Promise.allSettled([loadOverview(), isAdmin ? loadTopUps() : null]);
		next();
	}
}
