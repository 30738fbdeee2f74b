// Signs the user in, and shows the view that the URL names.
import { ask } from "./api.js";
import { balanceCard } from "./balance.js";
import { failure, fill, h, note } from "./dom.js";
import { useZone } from "./format.js";
import { fundsCard } from "./funds.js";
import { rechargeCard } from "./recharge.js";
import { finishSignIn, isConfigured, isSignedIn, person, signIn, signOut, wasHere } from "./session.js";
import { settings } from "./settings.js";
import { usageCard } from "./usage.js";
import { language, translator } from "./words.js";
import common from "messages/common";

const t = translator(common);
const NAV = { "#/": t("billing"), "#/lines": t("lines"), "#/statement": t("statement"), "#/history": t("history"), "#/rates": t("rates"), "#/settings": t("settings") };
/** The views of views.js; places.js has the others. */
const OF_VIEWS = ["#/statement", "#/history"];
const STALE_AFTER_MS = 60_000;
const OTHER = language === "en" ? "fr" : "en";

const main = document.getElementById("main");
let shownAt = 0;
let renew = () => {};
let route = null;

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
	document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - shownAt > STALE_AFTER_MS) refresh(); });
	document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
	connection();
	return show(error);
}

function isRates() { return location.hash.startsWith("#/rates"); }

async function show(error = null) {
	const here = location.hash;
	const [path, parameters] = (here || "#/").split("?");
	if (!path.startsWith("#/")) return;
	const isFirst = route === null;
	route = path;
	renew = () => {};
	header();
	document.title = `${NAV[path] ?? t("callDetails")} · ${settings.brand.name}`;
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
	const [views, balance] = await Promise.all([loadViews(here, path), path === "#/rates" || path === "#/lines" || loadBalance()]);
	if (!views || !balance || location.hash !== here) return undefined;
	if (views.places) {
		const view = views.places[path]?.(query, isSignedIn() && person());
		if (!view) return location.replace("#/");
		fill(main, view);
		document.title = `${main.querySelector("h1").textContent} · ${settings.brand.name}`;
	} else if (path.startsWith("#/usage/")) fill(main, views.callsPage(decodeURIComponent(path.slice(8)), query));
	else if (path === "#/statement") fill(main, views.statementPage(query));
	else fill(main, views.historyPage());
	return undefined;
}

async function loadViews(here, path) {
	try {
		return await (OF_VIEWS.includes(path) || path.startsWith("#/usage/") ? import("./views.js") : import("./places.js"));
	} catch {
		const problem = { title: t("unavailable"), detail: t("nothingLost") };
		if (location.hash === here) fill(main, h("h1.unseen", { tabindex: "-1" }, t("billing")), h("div.card", failure(problem, () => location.reload())));
		return null;
	}
}

/** Load the balance and apply its time zone; null, and an error on the page, if that fails. */
async function loadBalance() {
	if (!main.childElementCount || !main.dataset.shows) fill(main, h("div.card", h("div.skeleton", h("span"), h("span"), h("span"))));
	const here = location.hash;
	try {
		const balance = await ask("GET", "/balance");
		useZone(balance.time_zone);
		return location.hash === here && balance;
	} catch (problem) {
		if (location.hash === here) fill(main, h("h1.unseen", { tabindex: "-1" }, t("billing")), h("div.card", failure(problem, () => show())));
		return null;
	}
}

async function billing() {
	const balance = await loadBalance();
	if (!balance) return;
	const { isAdmin } = person();
	const query = new URLSearchParams(location.search);
	const back = { topUp: query.get("top_up"), card: query.get("card") };
	if (location.search) history.replaceState(null, "", `/${location.hash}`);
	const [balanceBox, recharge, usage] = [balanceCard(balance), rechargeCard(isAdmin), usageCard()];
	renew = () => Promise.allSettled([balanceBox.renew(), usage.renew()]);
	const paid = (topUp) => {
		if (topUp?.status === "succeeded") balanceBox.renew().catch(() => {});
		recharge.renew();
	};
	fill(main, h("h1.unseen", { tabindex: "-1" }, t("billing")), h("div.grid", balanceBox, fundsCard(isAdmin, back, paid), recharge, usage));
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
	const here = route?.startsWith("#/usage/") ? "#/" : route?.startsWith("#/settings") ? "#/settings" : route;
	nav.hidden = !isSignedIn();
	fill(nav, Object.entries(NAV).map(([address, name]) => h("a", { href: address, "aria-current": address === here ? "page" : null }, name)));
	const who = document.getElementById("person");
	const links = [settings.brand.help ? h("a.button.quiet", { href: settings.brand.help, target: "_blank", rel: "noopener noreferrer" }, t("help")) : null,
		h("a.button.quiet", { href: `/?language=${OTHER}${location.hash}`, lang: OTHER, hreflang: OTHER }, t("otherLanguage"))];
	if (isSignedIn()) fill(who, h("span.name", { title: person().email }, person().name), links, h("button.quiet", { onclick: signOut }, t("signOut")));
	else fill(who, links, route === "#/rates" && isConfigured() ? h("button.quiet", { onclick: () => { location.hash = "#/"; signIn(); } }, t("signIn")) : null);
}

function welcome(error) {
	return h("section.welcome", h("h1", { tabindex: "-1" }, t("welcomeTitle")),
		h("p.lead", t("welcomeLead")),
		error ? h("div", { role: "alert" }, note("bad", error)) : null,
		isConfigured() ? h("button.main", { onclick: () => signIn() }, t("signIn")) : note("bad", t("notConfigured")),
		h("p", t("withoutSignIn", { link: h("a", { href: "#/rates" }, t("lookUpRates")) })));
}
