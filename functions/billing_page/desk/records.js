// What happened on an account: statement, refused calls, activity, mails.
import { ask } from "../page/api.js";
import { h, note } from "../page/dom.js";
import { dayOf, longDay, moment, money, placesOf, plural, time } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { accountPlace, actButton, apiPath, card, valueOf, wordsOf } from "./parts.js";
import { periodOf, picker, queryOf } from "../page/period.js";
import { confirmCountry, resend, signOut } from "./settling.js";

/** A card with a list that grows. */
function list({ account_id: id }, path, query, show, ...before) {
	const box = h("div");
	growing(box, (cursor) => ask("GET", apiPath(id, path), { query: { ...query, cursor } }), show, 6);
	return h("div.card", ...before, box);
}

export function dates(account, view, query) {
	const range = periodOf(query);
	return [range, h("div.tools", picker(range, (chosen) => { location.hash = `${accountPlace(account.account_id, { view })}&${queryOf(chosen)}`; }))];
}

export function statementView(account, query) {
	const [{ from, to }, tools] = dates(account, "statement", query);
	return [tools, list(account, "statement", { from, to, limit: "100" }, show)];

	function show(items, last) {
		const places = Math.max(...[last.opening_balance, last.closing_balance, ...items.map(({ amount }) => amount)].map(placesOf));
		const line = (label, amount) => h("tr.sum-line", { role: "row" }, h("th", { scope: "row", role: "rowheader", colspan: "2" }, label), h("td.number", { role: "cell" }, money(amount, { places })));
		return [table(["Date", "Description", "#Amount"], [line(`Opening balance, ${longDay(from)}`, last.opening_balance), ...items.map((one) => entry(one, places)), line(`Closing balance, ${longDay(to)}`, last.closing_balance)]), h("p.hint", `As of ${moment(last.as_of)}.`)];
	}
}

function entry({ date, at, recorded_at: recorded, description, amount, id }, places) {
	return [`${longDay(date)}, ${time(at)}`, h("span", description, h("span.hint.block.digits", `${id}${dayOf(recorded) > date ? ` · recorded ${moment(recorded)}` : ""}`)), money(amount, { places, signed: true })];
}

export function refusedView(account, _query, renew) {
	return list(account, "denied-calls", {}, (items, page) => [
		items.length ? table(["Time", "To", "Line", "User", "Reason", ""], items.map((one) => refused(account, one, renew))) : note("good", "No call was refused in the last 30 days."),
		page.not_listed.length ? note("wait", "More calls were refused.", h("p", page.not_listed.map(({ date, calls }) => `${longDay(date)}: ${plural(calls, "more call")}`).join("; "))) : null,
	], h("p.hint", "Refused calls of the last 30 days."));
}

function refused(account, one, renew) {
	const { at, to, line_id: line, user, reason, message, call_key: key } = one;
	return [moment(at), h("span.whole", to), h("span.digits", line ?? ""), user?.name ?? user?.id ?? "", h("span", h("strong", wordsOf(reason)), message ? h("span.hint.block", message) : null, country(account, one, renew)),
		h("a", { href: accountPlace(account.account_id, { view: "call", call: key, at }), "aria-label": `Explain the call to ${to}` }, "Explain")];
}

/** The button that confirms the country of a capped call, or that it is known by now. */
function country(account, one, renew) {
	if (one.country_known) return h("span.hint.block", `${one.country} is confirmed or known by now.`);
	if (one.reason !== "first_country_cap" || !one.country) return null;
	return h("span.block", actButton(`Confirm ${one.country}`, () => confirmCountry(account, one, renew), { name: `Confirm ${one.country}, called at ${one.to}` }));
}

export function activityView(account, _query, renew) {
	return list(account, "activity", {}, (items) => (items.length ? table(["Time", "What", "By", "Before", "After", ""], items.map((one) => activity(account, one, renew))) : note("plain", "No changes yet.")));
}

const KINDS = { user: "Customer", staff: "Staff", client: "System", link: "Link in a mail", stripe: "Stripe", sweep: "Automatic" };

function activity(account, { at, action, by, from, subject, old, new: now }, renew) {
	const who = by.name || by.id || "";
	return [moment(at), h("span", h("strong", wordsOf(action)), subject ? h("span.hint.block.digits", subject) : null), h("span.digits", who, h("span.hint.block", [KINDS[by.kind] ?? by.kind, from].filter(Boolean).join(" · "))),
		h("span.digits", valueOf(old)), h("span.digits", valueOf(now)),
		by.kind === "user" && by.id ? actButton("Sign out", () => signOut(account, { id: by.id, name: who }, renew), { isForSupport: true, name: `Sign out ${who}` }) : ""];
}

const RETURNED = { transient: "Came back, not for good", permanent: "Came back for good", complaint: "Marked as spam" };

function returnedAddresses(account) {
	if (!account.bounced_addresses?.length) return null;
	return card("Addresses that mails came back from", table(["Address", "What happened", "Times", "Last", "Mails"], account.bounced_addresses.map((one) => [
		h("span.digits", one.address), h("span", RETURNED[one.returned] ?? one.returned, one.reason ? h("span.hint.block", one.reason) : null), String(one.times), moment(one.at),
		one.receives_mails ? "All" : h("span", h("span.pill.wait", one.kind === "complaint" ? "None" : "Only about safety"), h("span.hint.block", "Change e-mails: remove the address, then add it again."))])),
		h("p.hint", "Send again sends to any of these addresses, too."));
}

export function mailsView(account, _query, renew) {
	return h("div", returnedAddresses(account), list(account, "mails", {}, (items) => (items.length ? table(["Sent", "Subject", "To", ""], items.map((mail) => [moment(mail.at), h("span", mail.subject, h("span.hint.block", `${wordsOf(mail.type)}${mail.resent ? ` · sent again ${mail.resent} times` : ""}`)), h("span.digits", mail.address),
		actButton("Send again", () => resend(account, mail, renew), { isForSupport: true, name: `Send again: ${mail.subject}` })])) : note("plain", "No mails were sent."))));
}
