// One account: its heading, its views, and what they share.
import { ask } from "../page/api.js";
import { callsView } from "./charges.js";
import { failure, fill, h, note } from "../page/dom.js";
import { explainView } from "./explain.js";
import { state } from "./find.js";
import { cents, moment, useZone } from "../page/format.js";
import { overview } from "./overview.js";
import { accountPlace, apiPath, mayAct } from "./parts.js";
import { paymentsView } from "./payments.js";
import { peopleView } from "./people.js";
import { activityView, mailsView, refusedView, statementView } from "./records.js";

const VIEWS = { overview: ["Overview", overview], calls: ["Calls", callsView], payments: ["Payments", paymentsView], statement: ["Statement", statementView], people: ["Lines and users", peopleView],
	refused: ["Refused calls", refusedView], activity: ["Activity", activityView], mails: ["Mails", mailsView], call: [null, explainView] };

const STALE_AFTER_MS = 60_000;

let known = null; // The account that is shown, so that its views load it once.
let loadedAt = 0;

export function forgetAccount() { known = null; }

/** Show a view of an account in `main`. */
export async function accountPage(main, id, query) {
	const here = location.hash;
	if (known?.account_id !== id || Date.now() - loadedAt > STALE_AFTER_MS) {
		fill(main, h("h1.unseen", { tabindex: "-1" }, id), h("div.card", { "aria-busy": "true" }, h("div.skeleton", h("span"), h("span"), h("span"))));
		if (!(await fetchAccount(main, id, query, here))) return;
	}
	draw(main, query);
}

async function fetchAccount(main, id, query, here = location.hash) {
	try {
		const account = await ask("GET", apiPath(id));
		if (location.hash !== here) return false;
		known = account;
		loadedAt = Date.now();
		useZone(account.time_zone);
		return true;
	} catch (problem) {
		if (!problem.detail) throw problem;
		if (location.hash === here) fill(main, h("a.back", { href: "#find" }, "Find a customer"), h("h1", { tabindex: "-1" }, id), failure(problem, () => accountPage(main, id, query)));
		return false;
	}
}

function draw(main, query) {
	const account = known;
	const view = VIEWS[query.get("view")] ? query.get("view") : "overview";
	const here = location.hash;
	const renew = async () => {
		known = null;
		if (location.hash !== here || !(await fetchAccount(main, account.account_id, query))) return;
		draw(main, query);
		main.querySelector("h1").focus({ preventScroll: true });
	};
	fill(main, h("section.page.account", heading(account), tabs(account.account_id, view), h("div.view", VIEWS[view][1](account, query, renew))));
}

function heading(account) {
	const { account_id: id, name: company, users, billing_emails: emails, balance, closed_at: closed } = account;
	const people = users.slice(0, 3).map(({ name }) => name).join(", ");
	return [
		h("a.back", { href: "#find" }, "Find a customer"),
		h("div.title", h("h1.digits", { tabindex: "-1" }, company ?? id), state(account), h("p.sum-up", h("strong", cents(balance.available)), " available")),
		h("p.hint.digits", [company && id, people + (users.length > 3 || account.more_users ? " and others" : ""), emails.join(", "), account.time_zone].filter(Boolean).join(" · ")),
		account.frozen ? note("bad", `Frozen${account.frozen_since ? ` since ${moment(account.frozen_since)}` : ""}`, h("p", `No international call connects and no card is charged.${account.frozen_by ? ` Frozen by ${account.frozen_by}.` : ""}`)) : null,
		account.status === "closed" ? note("plain", `This account is closed${closed ? ` since ${moment(closed)}` : ""}.`) : null,
		mayAct() ? null : note("plain", null, h("p", "You may read this account, freeze or unfreeze it, end sign-ins, withdraw links, and send mails again. Members of the finance group change settings and move money.")),
	];
}

function tabs(id, here) {
	return h("nav.views", { "aria-label": "Account" }, Object.entries(VIEWS).filter(([, [name]]) => name).map(([view, [name]]) =>
		h("a", { href: accountPlace(id, view === "overview" ? {} : { view }), "aria-current": view === here || (here === "call" && view === "calls") ? "page" : null }, name)));
}
