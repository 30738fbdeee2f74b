// Signs a member of the staff in, and shows the view that the URL names: `#find`, `#approvals`, `#transfer`, `#margins`, `#promotions`, or `#account=<id>` with
// `view` and, for one call, `call` and `at`.
import { accountPage, forgetAccount } from "./account.js";
import { approvalsPage } from "./approvals.js";
import { fill, h, note } from "../page/dom.js";
import { findPage } from "./find.js";
import { marginsPage } from "./margins.js";
import { promotionsPage } from "./promotions.js";
import { isStaff, mayAct, role } from "./parts.js";
import { finishSignIn, isConfigured, isSignedIn, person, signIn, signOut, wasHere } from "../page/session.js";
import { transferPage } from "./transfer.js";

const NAV = { find: "Find", approvals: "Approvals", transfer: "Transfer", promotions: "Promotions", margins: "Margins" };
const FOR_FINANCE = ["promotions", "margins"];
const PAGES = { find: findPage, approvals: approvalsPage, transfer: transferPage, promotions: promotionsPage, margins: marginsPage };

const main = document.getElementById("main");
let isFirst = true;

start();

async function start() {
	let error = null;
	const back = await finishSignIn().catch((failed) => { error = failed.message; return false; });
	if (!back && !error && isConfigured() && wasHere()) return signIn();
	addEventListener("hashchange", () => show());
	addEventListener("pageshow", ({ persisted }) => { if (persisted) show(); });
	addEventListener("online", connection);
	addEventListener("offline", connection);
	document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
	connection();
	return show(error);
}

function show(error = null) {
	const here = location.hash;
	if (here === "#main") return;
	const query = new URLSearchParams(here.slice(1));
	const id = query.get("account");
	const place = Object.keys(PAGES).find((name) => query.has(name)) ?? "find";
	document.title = `${id ?? NAV[place]} · Support desk`;
	for (const open of document.querySelectorAll("dialog")) open.close();
	header(id ? null : place);
	if (!isSignedIn()) fill(main, welcome(error));
	else if (!isStaff()) fill(main, stranger());
	else if (id) accountPage(main, id, query);
	else {
		forgetAccount();
		fill(main, PAGES[place](query));
	}
	main.dataset.shows = here;
	if (!isFirst) {
		scrollTo(0, 0);
		main.querySelector("h1")?.focus({ preventScroll: true });
	}
	isFirst = false;
}

function header(here) {
	const nav = document.getElementById("nav");
	const isIn = isSignedIn();
	nav.hidden = !(isIn && isStaff());
	fill(nav, Object.entries(NAV).filter(([place]) => !FOR_FINANCE.includes(place) || (isIn && mayAct())).map(([place, name]) => h("a", { href: `#${place}`, "aria-current": place === here ? "page" : null }, name)));
	fill(document.getElementById("person"), isIn ? [h("span.name", { title: person().email }, person().name), isStaff() ? h("span.pill", role()) : null, h("button.quiet", { onclick: signOut }, "Sign out")] : null);
}

function connection() {
	document.getElementById("offline").hidden = navigator.onLine;
}

function welcome(error) {
	return h("section.welcome", h("h1", { tabindex: "-1" }, "Support desk"), h("p.lead", "Find a customer, see why a call was charged, and put it right. For the phone company's staff."),
		error ? h("div", { role: "alert" }, note("bad", error)) : null,
		isConfigured() ? h("button.main", { onclick: () => signIn() }, "Sign in") : note("bad", "Sign-in is not configured for the desk."));
}

function stranger() {
	return h("section.welcome", h("h1", { tabindex: "-1" }, "This sign-in may not use the desk"),
		h("p.lead", "The desk needs a sign-in of the phone company's staff. Customers use the Billing page."),
		h("div.actions", h("button.main", { onclick: signOut }, "Sign out"), h("a.button", { href: "/" }, "Billing page")));
}
