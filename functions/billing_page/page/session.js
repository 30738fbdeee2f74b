// Who is signed in. Tokens live in this module's memory only: a reload asks the hosted sign-in for new ones. What outlives
// the way there and back is the state, the verifier, and where one was.
import { settings } from "./settings.js";

const WAY = "sign-in";
const WAS_HERE = "was-signed-in";
const IN_VAIN = "signed-in-in-vain";
const SPARE_MS = 60_000;
const HOME = `${location.origin}/`;

let tokens = null;
let renewal = null;

/** The API refuses a fresh sign-in. Another automatic sign-in would only repeat that. */
class Refused extends Error {
	title = "Your sign-in is not accepted.";
	detail = "Sign out, then sign in again. If that fails, contact support.";
}

export const isConfigured = () => Boolean(settings.client_id && settings.authorize_url && settings.token_url);
export const wasHere = () => sessionStorage.getItem(WAS_HERE) !== null;
export const isSignedIn = () => tokens !== null;

/** Leave for the hosted sign-in; the browser comes back to where it is now. */
export async function signIn() {
	const [state, verifier] = [random(), random()];
	const back = location.search + location.hash;
	sessionStorage.setItem(WAY, JSON.stringify({ state, verifier, back: withoutAnswer(back) }));
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
	const query = new URLSearchParams({
		client_id: settings.client_id, response_type: "code", scope: "openid email profile", redirect_uri: HOME,
		state, code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
	});
	location.assign(`${settings.authorize_url}?${query}`);
	return new Promise(() => {}); // The page is leaving; nothing that waits for a token goes on.
}

/** The same without being asked; not a second time before the API has taken a token. Throws Refused. */
export async function signInAgain() {
	if (sessionStorage.getItem(IN_VAIN)) throw new Refused();
	sessionStorage.setItem(IN_VAIN, "yes");
	return signIn();
}

/** The API has taken a token. */
export const accepted = () => sessionStorage.removeItem(IN_VAIN);

/** Take the answer of the hosted sign-in from the address; true if one stood there and was good.
 * Throws an Error with words for a person. */
export async function returned() {
	const answer = new URLSearchParams(location.search);
	if (!answer.has("state") || !(answer.has("code") || answer.has("error"))) return false;
	const way = JSON.parse(sessionStorage.getItem(WAY) ?? "null");
	sessionStorage.removeItem(WAY);
	history.replaceState(null, "", `/${way?.back ?? ""}`);
	if (way === null || answer.get("state") !== way.state) throw new Error("That sign-in was not begun here, or is over. Sign in again.");
	if (answer.has("error")) throw new Error("You were not signed in. Try again.");
	const grant = { grant_type: "authorization_code", code: answer.get("code"), redirect_uri: HOME, code_verifier: way.verifier };
	const said = await exchange(grant).catch(() => null);
	if (said?.ok !== true) throw new Error("The sign-in did not come to an end. Try again.");
	keep(await said.json());
	return true;
}

/** An ID token that is good for a minute at least; `renew` asks for another one than the last. */
export async function token(renew = false) {
	if (tokens === null) return signInAgain();
	if (renew || Date.now() > tokens.until - SPARE_MS) {
		renewal ??= refresh().finally(() => { renewal = null; });
		await renewal;
	}
	return tokens.id;
}

async function refresh() {
	const before = person();
	if (!tokens.refresh) return signInAgain();
	const said = await exchange({ grant_type: "refresh_token", refresh_token: tokens.refresh });
	if (!said.ok) return signInAgain();
	keep(await said.json());
	// What one may do has changed: the sign-in itself says what holds now.
	if (person().isAdmin !== before.isAdmin) return signInAgain();
	return undefined;
}

function exchange(grant) {
	const body = new URLSearchParams({ ...grant, client_id: settings.client_id });
	return fetch(settings.token_url, { method: "POST", body, credentials: "omit", signal: AbortSignal.timeout(15_000) });
}

function keep(answer) {
	const claims = JSON.parse(new TextDecoder().decode(bytes(answer.id_token.split(".")[1])));
	const lasts = (claims.exp - claims.iat || answer.expires_in || 3600) * 1000;
	tokens = { id: answer.id_token, refresh: answer.refresh_token ?? tokens?.refresh, until: Date.now() + lasts, claims };
	sessionStorage.setItem(WAS_HERE, "yes");
}

/** Who it is: `{name, isAdmin}`. What they may do is decided by the API; this only decides what is shown. */
export function person() {
	const { claims } = tokens;
	const found = claims[settings.groups_claim] ?? [];
	const groups = Array.isArray(found) ? found : String(found).replace(/[[\],]/g, " ").split(/\s+/);
	return { name: claims.name ?? claims.email ?? "", email: claims.email ?? "", isAdmin: groups.includes(settings.admin_group) };
}

/** Forget everything and end the hosted session, too. */
export function signOut() {
	tokens = null;
	sessionStorage.clear();
	const query = new URLSearchParams({ client_id: settings.client_id, logout_uri: HOME, post_logout_redirect_uri: HOME });
	location.replace(settings.logout_url ? `${settings.logout_url}?${query}` : HOME);
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (data) => btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

function withoutAnswer(back) {
	return /[?&](code|error)=/.test(back) ? "" : back;
}
