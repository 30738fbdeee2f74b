// Signs the user in, and shows the view that the URL names.
import { loadOverview } from "./account.js";
import { ask, sayProblems } from "./api.js";
import { billingView, loadForAdmin } from "./billing.js";
import { problemWords } from "./codes.js";
import { failure, fill, h, note } from "./dom.js";
import { useZone } from "./format.js";
import { finishSignIn, isConfigured, isSignedIn, person, signIn, signOut, wasHere } from "./session.js";
import { settings } from "./settings.js";
import { language, translator } from "./words.js";
import common from "messages/common";

const t = translator(common);
const NAV = { "#/": t("billing"), "#/lines": t("lines"), "#/statement": t("statement"), "#/history": t("history"), "#/rates": t("rates"), "#/settings": t("settings") };
/** The views that views.js holds: what shows the one of a path, from its query; company.js has those of COMPANY, and places.js the
 * others. Those without an account's time zone need no balance. */
const VIEWS = {
	"#/spend": (views, query) => views.spendPage(query),
	"#/statement": (views, query) => views.statementPage(query),
	"#/history": (views) => views.historyPage(),
	"#/usage/": (views, query, rest) => views.callsPage(rest, query),
};
const COMPANY = ["#/lines", "#/settings/billing"];
const WITHOUT_ZONE = ["#/rates", "#/lines", "#/settings/billing"];
const STALE_AFTER_MS = 15_000;
const OTHER = language === "en" ? "fr" : "en";

const main = document.getElementById("main");
let shownAt = 0;
let renew = () => {};
let route = null;

sayProblems(problemWords);
start();

async function start() {
	let error = null;
	const back = await finishSignIn().catch((failed) => { error = failed.message; return false; });
	const query = new URLSearchParams(location.search);
	const isReturn = query.has("top_up") || query.has("card");
	if (!back && !error && isConfigured() && !isRates() && (wasHere() || isReturn)) return signIn();
	header();
	addEventListener("hashchange", () => show());
	addEventListener("pageshow", ({ persisted }) => { if (persisted) show(); });
	addEventListener("online", () => connection());
	addEventListener("offline", () => connection());
	document.addEventListener("visibilitychange", refreshIfStale);
	addEventListener("focus", refreshIfStale);
	document.addEventListener("account-changed", refresh);
	document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
	connection();
	return show(error);
}

function isRates() { return location.hash.startsWith("#/rates"); }

/** A path without escapes; of one that someone cut, the first view. */
function decoded(path) {
	try {
		return decodeURIComponent(path);
	} catch {
		return "#/";
	}
}

async function show(error = null) {
	const here = location.hash;
	const [written, parameters] = (here || "#/").split("?");
	if (!written.startsWith("#/")) return;
	const path = decoded(written);
	const isFirst = route === null;
	route = path;
	renew = () => {};
	header();
	document.title = `${NAV[path] ?? t(path === "#/spend" ? "spending" : "callDetails")} · ${settings.brand.name}`;
	const query = new URLSearchParams(parameters);
	if (path !== "#/rates" && !isSignedIn()) fill(main, welcome(error));
	else if (path === "#/") await billing();
	else await otherView(path, query, here);
	if (location.hash !== here) return;
	shownAt = Date.now();
	main.dataset.shows = location.hash;
	if (!isFirst) {
		scrollTo(0, 0);
		main.querySelector("h1")?.focus({ preventScroll: true });
	}
}

/** Show a view whose code the first view does not need. */
async function otherView(path, query, here) {
	const name = path in VIEWS ? path : Object.keys(VIEWS).find((prefix) => prefix.endsWith("/") && path.startsWith(prefix));
	const [views, balance] = await Promise.all([loadViews(here, name, path), WITHOUT_ZONE.includes(path) || loadZone()]);
	if (!views || !balance || location.hash !== here) return undefined;
	const view = name ? VIEWS[name](views, query, path.slice(name.length)) : views.places[path]?.(query, isSignedIn() && person());
	if (!view) return location.replace("#/");
	fill(main, view);
	if (!name) document.title = `${main.querySelector("h1").textContent} · ${settings.brand.name}`;
	return undefined;
}

async function loadViews(here, name, path) {
	try {
		return await (name ? import("./views.js") : COMPANY.includes(path) ? import("./company.js") : import("./places.js"));
	} catch {
		const problem = navigator.onLine ? { title: t("unavailable"), detail: t("nothingLost") } : { code: "offline", title: t("offline"), detail: t("connect") };
		const retry = navigator.onLine ? () => location.reload() : () => show(); // Firefox keeps a failed import until the page is loaded again.
		if (location.hash === here) fill(main, h("h1.unseen", { tabindex: "-1" }, t("billing")), h("div.card", failure(problem, retry)));
		return null;
	}
}

/** Load the balance and apply its time zone. */
function loadZone() {
	return loaded(async () => {
		const balance = await ask("GET", "/balance");
		useZone(balance.time_zone);
		return balance;
	});
}

/** What a view needs first; null, and an error on the page, if it cannot be loaded, or if the user has gone on. */
async function loaded(look) {
	if (!main.childElementCount || !main.dataset.shows) fill(main, h("div.card", h("div.skeleton", h("span"), h("span"), h("span"))));
	const here = location.hash;
	try {
		const found = await look();
		return location.hash === here ? found : null;
	} catch (problem) {
		if (location.hash === here) fill(main, h("h1.unseen", { tabindex: "-1" }, t("billing")), h("div.card", failure(problem, () => show())));
		return null;
	}
}

async function billing() {
	const { isAdmin } = person();
	const loading = isAdmin ? loadForAdmin() : null;
	if (!(await loaded(loadOverview))) return;
	const query = new URLSearchParams(location.search);
	const back = { topUp: query.get("top_up"), card: query.get("card") };
	if (location.search) history.replaceState(null, "", `/${location.hash}`);
	const view = billingView(isAdmin, back, loading);
	({ renew } = view);
	fill(main, view.content);
}

function refreshIfStale() {
	if (!document.hidden && Date.now() - shownAt > STALE_AFTER_MS) refresh();
}

function refresh() {
	shownAt = Date.now();
	if (isSignedIn()) renew();
}

function connection() {
	const place = document.getElementById("offline");
	const wasOffline = !place.hidden;
	place.hidden = navigator.onLine;
	if (wasOffline && navigator.onLine) refresh();
}

function header() {
	const nav = document.getElementById("nav");
	const here = route?.startsWith("#/usage/") || route === "#/spend" ? "#/" : route?.startsWith("#/settings") ? "#/settings" : route;
	nav.hidden = !isSignedIn();
	fill(nav, Object.entries(NAV).map(([address, name]) => h("a", { href: address, "aria-current": address === here ? "page" : null }, name)));
	const who = document.getElementById("person");
	const links = [settings.brand.help ? h("a.button.quiet", { href: settings.brand.help, target: "_blank", rel: "noopener noreferrer" }, t("help")) : null,
		h("a.button.quiet", { href: `/?language=${OTHER}${location.hash}`, lang: OTHER, hreflang: OTHER }, t("otherLanguage"))];
	if (isSignedIn()) fill(who, h("bdi.name", { title: person().email }, person().name), links, h("button.quiet", { onclick: signOut }, t("signOut")));
	else fill(who, links, route === "#/rates" && isConfigured() ? h("button.quiet", { onclick: () => { location.hash = "#/"; signIn(); } }, t("signIn")) : null);
}

function welcome(error) {
	return h("section.welcome", h("h1", { tabindex: "-1" }, t("welcomeTitle")),
		h("p.lead", t("welcomeLead")),
		error ? h("div", { role: "alert" }, note("bad", error)) : null,
		isConfigured() ? h("button.main", { onclick: () => signIn() }, t("signIn")) : note("bad", t("notConfigured")),
		h("p", t("withoutSignIn", { link: h("a", { href: "#/rates" }, t("lookUpRates")) })));
}
