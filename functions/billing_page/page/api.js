// Asks the HTTP API as whoever is signed in. Every error becomes a Problem with words for a person.
import { accepted, signInAgain, token } from "./session.js";

const PATIENCE_MS = 32_000;
const MOST_WAIT_SECONDS = 5;

/** What went wrong. `status` is 0 where no answer came; `isUnknown`: it may or may not have been done. */
export class Problem extends Error {
	constructor(status, code, title, detail, retryAfter = null) {
		super(`${status} ${code}`);
		Object.assign(this, { status, code, title, detail, retryAfter });
	}

	get isUnknown() { return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === "in_progress"; }
}

const BY_STATUS = {
	403: ["forbidden", "This is not allowed.", "Your sign-in does not allow this. Ask a billing admin of your account."],
	404: ["not_found", "Not found.", "There is nothing here any more. Load the page again."],
	429: ["too_many", "Too many requests.", "Wait a moment, then try again."],
};
const DOWN = ["unavailable", "We cannot be reached just now.", "The service does not answer as it should. Nothing was lost; try again in a moment."];

/** The JSON of an answer. Options: `body`, `key` (the Idempotency-Key), `query`, `open` (needs no sign-in). */
export async function ask(method, path, options = {}) {
	let answer = await send(method, path, options, false);
	if (answer.status === 401 && !options.open) answer = await send(method, path, options, true);
	if (answer.status === 401 && !options.open) return signInAgain();
	if (method === "GET" && (answer.status === 429 || answer.status === 503)) {
		const wait = Number(answer.headers.get("retry-after") ?? 1);
		if (wait <= MOST_WAIT_SECONDS) {
			await pause(wait * 1000);
			answer = await send(method, path, options, false);
		}
	}
	if (answer.ok && !options.open) accepted();
	if (answer.ok) return answer.status === 204 ? null : answer.json().catch(() => { throw new Problem(0, ...DOWN); });
	throw await problemOf(answer);
}

async function send(method, path, { body, key, query, open }, renew) {
	const address = new URL(path, location.origin);
	for (const [name, value] of Object.entries(query ?? {})) if (value) address.searchParams.set(name, value);
	const headers = {};
	try {
		if (!open) headers.Authorization = `Bearer ${await token(renew)}`;
		if (key) headers["Idempotency-Key"] = key;
		if (body) headers["Content-Type"] = "application/json";
		return await fetch(address, { method, headers, body: body ? JSON.stringify(body) : null, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
	} catch (error) {
		if (error.detail) throw error;
		if (navigator.onLine) throw new Problem(0, ...DOWN);
		throw new Problem(0, "offline", "You are offline.", "Connect to the internet. This continues when you are back online.");
	}
}

async function problemOf(answer) {
	const said = await answer.json().catch(() => ({}));
	const retryAfter = Number(answer.headers.get("retry-after")) || null;
	if (said.code && said.detail) return new Problem(answer.status, said.code, answer.status >= 500 ? DOWN[1] : "", said.detail, retryAfter);
	return new Problem(answer.status, ...(BY_STATUS[answer.status] ?? DOWN), retryAfter); // API Gateway says `{message}`.
}

/** Every item of a list, up to `most`. */
export async function askAll(path, { query, open } = {}, most = 2000) {
	const items = [];
	let cursor = null;
	do {
		const page = await ask("GET", path, { query: { limit: "200", ...query, cursor }, open });
		items.push(...page.items);
		cursor = page.next_cursor;
	} while (cursor && items.length < most);
	return items;
}

export const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
