// The user's session. Tokens stay in memory: after a reload, the hosted sign-in issues new ones. Meanwhile sessionStorage
// keeps the state, the verifier, and the previous URL.
import { settings } from "./settings.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const WAY = "sign-in";
const WAS_HERE = "was-signed-in";
const REJECTED = "rejected-path";
const SPARE_MS = 60_000;
const LOOP_MS = 600_000;
const INVALID = t("signInInvalid");
const HOME = location.origin + location.pathname;

let tokens = null;
let renewal = null;

/** The API rejects a new token. Another automatic sign-in would loop. */
class SignInRejected extends Error {
	title = t("signInRejected");
	detail = t("signOutThenIn");
}

export const isConfigured = () => Boolean(settings.client_id && settings.authorize_url && settings.token_url);
export const wasHere = () => sessionStorage.getItem(WAS_HERE) !== null;
export const isSignedIn = () => tokens !== null;

export async function signIn() {
	const [state, verifier, nonce] = [random(), random(), random()];
	const back = location.search + location.hash;
	sessionStorage.setItem(WAY, JSON.stringify({ state, verifier, nonce, back: withoutAnswer(back) }));
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
	const query = new URLSearchParams({
		client_id: settings.client_id, response_type: "code", scope: "openid email profile", redirect_uri: HOME,
		state, nonce, code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
	});
	location.assign(`${settings.authorize_url}?${query}`);
	return new Promise(() => {}); // Never resolves: the page is being replaced.
}

/** Sign in automatically, once until the API accepts a token for the path that rejected one, or 10 minutes have passed. */
export async function signInAgain(path) {
	const rejected = lastRejected();
	if (rejected && Date.now() - rejected.at < LOOP_MS) throw new SignInRejected();
	sessionStorage.setItem(REJECTED, JSON.stringify({ path, at: Date.now() }));
	return signIn();
}

/** The API accepted a token. What it accepts for another path does not count: the rejected one could sign in forever. */
export function accepted(path) {
	if (lastRejected()?.path === path) sessionStorage.removeItem(REJECTED);
}

const lastRejected = () => JSON.parse(sessionStorage.getItem(REJECTED) ?? "null");

/** Complete a sign-in from the URL; false without one. Throws an Error whose message is shown. */
export async function finishSignIn() {
	const answer = new URLSearchParams(location.search);
	if (!answer.has("state") || !(answer.has("code") || answer.has("error"))) return false;
	const way = JSON.parse(sessionStorage.getItem(WAY) ?? "null");
	sessionStorage.removeItem(WAY);
	history.replaceState(null, "", HOME + (way?.back ?? ""));
	if (way === null || answer.get("state") !== way.state) throw new Error(INVALID);
	if (answer.has("error")) throw new Error(t("signInCanceled"));
	const grant = { grant_type: "authorization_code", code: answer.get("code"), redirect_uri: HOME, code_verifier: way.verifier };
	const response = await exchange(grant).catch(() => null);
	if (response?.ok !== true) throw new Error(t("signInIncomplete"));
	const answered = await response.json();
	if (claimsOf(answered).nonce !== way.nonce) throw new Error(INVALID);
	setTokens(answered);
	return true;
}

/** An ID token for a request of this path that is valid for at least a minute; `renew` forces a new one. */
export async function token(path, renew = false) {
	if (tokens === null) return signInAgain(path);
	if (renew || Date.now() > tokens.until - SPARE_MS) {
		renewal ??= refresh(path).finally(() => { renewal = null; });
		await renewal;
	}
	return tokens.id;
}

async function refresh(path) {
	const before = person();
	if (!tokens.refresh) return signInAgain(path);
	const response = await exchange({ grant_type: "refresh_token", refresh_token: tokens.refresh });
	if (!response.ok) return signInAgain(path);
	setTokens(await response.json());
	// A refreshed token may have outdated groups; a new one has not.
	if (person().isAdmin !== before.isAdmin) return signInAgain(path);
	return undefined;
}

function exchange(grant) {
	const body = new URLSearchParams({ ...grant, client_id: settings.client_id });
	return fetch(settings.token_url, { method: "POST", body, credentials: "omit", signal: AbortSignal.timeout(15_000) });
}

function setTokens(answer) {
	const claims = claimsOf(answer);
	const lifetime = (claims.exp - claims.iat || answer.expires_in || 3600) * 1000;
	tokens = { id: answer.id_token, refresh: answer.refresh_token ?? tokens?.refresh, until: Date.now() + lifetime, claims };
	// Never show another user's input.
	if (![null, "yes", claims.sub].includes(sessionStorage.getItem(WAS_HERE))) sessionStorage.clear();
	sessionStorage.setItem(WAS_HERE, claims.sub);
}

/** The user. `isAdmin` only selects what is shown; the API checks every permission. */
export function person() {
	const { claims } = tokens;
	const claim = claims[settings.groups_claim];
	const groups = Array.isArray(claim) ? claim : [claim];
	return { groups, name: claims.name ?? claims.email ?? "", email: claims.email ?? "", isAdmin: groups.includes(settings.admin_group) };
}

/** Revoke the refresh token, which the sign-out of the hosted page leaves valid, and end the session. */
export function signOut() {
	const revokeUrl = settings.token_url.replace(/token$/, "revoke"); // Identity providers name the two alike.
	const body = tokens?.refresh && new URLSearchParams({ token: tokens.refresh, client_id: settings.client_id });
	if (body) fetch(revokeUrl, { method: "POST", body, mode: "no-cors", credentials: "omit", keepalive: true }).catch(() => null);
	tokens = null;
	sessionStorage.clear();
	const query = new URLSearchParams({ client_id: settings.client_id, logout_uri: HOME, post_logout_redirect_uri: HOME });
	location.replace(settings.logout_url ? `${settings.logout_url}?${query}` : HOME);
}

const claimsOf = (answer) => JSON.parse(new TextDecoder().decode(bytes(answer.id_token.split(".")[1])));
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (data) => btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

function withoutAnswer(back) {
	return /[?&](code|error)=/.test(back) ? "" : back;
}
