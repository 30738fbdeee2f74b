// Calls the HTTP API as the signed-in user.
import { moment } from "./format.js";
import { accepted, signInAgain, token } from "./session.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const TIMEOUT_MS = 32_000;
const MAX_WAIT_SECONDS = 5;

/** A failed request. `status` is 0 without a response; `isUnknown`: it may have taken effect; `current`: the newer settings. */
export class Problem extends Error {
	constructor(status, code, title, detail, retryAfter = null, current = null) {
		super(`${status} ${code}`);
		Object.assign(this, { status, code, title, detail, retryAfter, current });
	}

	get isUnknown() { return this.status === 0 || this.code === "too_many" || this.status >= 500 || this.code === "in_progress"; }
}

const BY_STATUS = {
	403: ["forbidden", t("forbidden"), t("askAdmin")],
	404: ["not_found", t("notFound"), t("reload")],
	429: ["too_many", t("tooMany"), t("waitThenTry")],
};
/** Say problems in the words that `words(code, detail)` finds, instead of the API's. */
export const sayProblems = (words) => { wordsOf = words; };

let wordsOf = (_code, detail) => detail;

const DOWN = ["unavailable", t("unavailable"), t("nothingLost")];

/** The JSON of a response. Options: `body`, `key`, `query`, `open` (needs no sign-in), `signal` (stops it). */
export const ask = (method, path, options = {}) => request(method, path, options, (answer) => (answer.status === 204 ? null : answer.json()));

/** The text of a document. */
export const askText = (path, options = {}) => request("GET", path, options, (answer) => answer.text());

async function request(method, path, options, read) {
	let answer = await send(method, path, options, false);
	if (answer.status === 401 && !options.open) answer = await send(method, path, options, true);
	if (answer.status === 401 && !options.open) return signInAgain(path);
	if (method === "GET" && (answer.status === 429 || answer.status === 503)) {
		const wait = Number(answer.headers.get("retry-after") ?? 1);
		if (wait <= MAX_WAIT_SECONDS) {
			await pause(wait * 1000);
			answer = await send(method, path, options, false);
		}
	}
	if (answer.ok && !options.open) accepted(path);
	if (answer.ok) return Promise.resolve(read(answer)).catch(() => { throw new Problem(0, ...DOWN); });
	const problem = await problemOf(answer);
	if (problem.code === "signed_out") return signInAgain(path);
	throw problem;
}

async function send(method, path, { body, key, query, open, signal }, renew) {
	const address = new URL(path, location.origin);
	for (const [name, value] of Object.entries(query ?? {})) if (value) address.searchParams.set(name, value);
	const headers = {};
	try {
		if (!open) headers.Authorization = `Bearer ${await token(path, renew)}`;
		if (key) headers["Idempotency-Key"] = key;
		if (body) headers["Content-Type"] = "application/json";
		return await fetch(address, { method, headers, body: body ? JSON.stringify(body) : null, cache: "no-store", signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]) });
	} catch (error) {
		if (error.detail) throw error;
		if (navigator.onLine) throw new Problem(0, ...DOWN);
		throw new Problem(0, "offline", t("offline"), t("connect"));
	}
}

async function problemOf(answer) {
	const body = await answer.json().catch(() => ({}));
	const retryAfter = Number(answer.headers.get("retry-after")) || null;
	const { code, detail, current, retry_at: at } = body;
	if (code && detail) {
		const words = wordsOf(code, detail);
		const until = at && words !== detail ? ` ${t("againAt", { time: moment(at) })}` : "";
		return new Problem(answer.status, code, answer.status >= 500 ? DOWN[1] : "", (at ? words.replace(at, moment(at)) : words) + until, retryAfter, current);
	}
	return new Problem(answer.status, ...(BY_STATUS[answer.status] ?? DOWN), retryAfter); // API Gateway sends `{message}`.
}

export async function askAll(path, { query, open } = {}, limit = 2000) {
	const items = [];
	let cursor = null;
	do {
		const page = await ask("GET", path, { query: { limit: "200", ...query, cursor }, open });
		items.push(...page.items);
		cursor = page.next_cursor;
	} while (cursor && items.length < limit);
	return items;
}

export const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
