// Requests that wait for a second person.
import { act } from "./act.js";
import { ask } from "../page/api.js";
import { h, load, note, page } from "../page/dom.js";
import { duration, moment, money } from "../page/format.js";
import { table } from "../page/list.js";
import { accountPlace, actButton, mayAct, pill, WHY_NOT, wordsOf } from "./parts.js";
import { person } from "../page/session.js";

const LOOKS = { approved: "good", rejected: "bad", expired: "" };

export function approvalsPage() {
	const place = h("div.page");
	const look = () => load(place, () => ask("GET", "/operator/approvals", { query: { limit: "50" } }), (list) => show(list, look), 4);
	look();
	return page("Approvals", "Above the daily amount of a person, money moves only when another member of the finance group approves it, within a day.", place);
}

function show({ items }, look) {
	const [open, over] = [items.filter(({ status }) => status === "waiting"), items.filter(({ status }) => status !== "waiting")];
	return [
		mayAct() ? null : note("plain", null, h("p", `You may read the requests. ${WHY_NOT}`)),
		open.length ? section("Waiting", table(["Requested", "What", "#Amount", "Account", "Reason", "Until", ""], open.map((one) => [asked(one), what(one), money(one.amount), accounts(one), reason(one), moment(one.expires_at), decide(one, look)]))) : note("good", "Nothing waits for approval."),
		over.length ? section("Decided", table(["Requested", "What", "#Amount", "Account", "Reason", "Decision"], over.map((one) => [asked(one), what(one), money(one.amount), accounts(one), reason(one), decision(one)]))) : null,
	];
}

const section = (title, content) => h("section.card", { "aria-labelledby": `approvals-${title}` }, h("h2", { id: `approvals-${title}` }, title), content);

const asked = ({ created_at: at, by }) => h("span", moment(at), h("span.hint.block.digits", by.name ?? wordsOf(by.kind)));
const reason = ({ request }) => h("span.digits", request.reason ?? "");

/** The kind of a request, and what it is about. */
function what({ kind, request }) {
	const about = request.top_up_id ?? request.code ?? (request.call_key && `Call ${request.call_key}${request.waive ? ", waived" : request.duration_seconds == null ? "" : `, to ${duration(request.duration_seconds)}`}`);
	return h("span", wordsOf(kind), about ? h("span.hint.block.digits", about) : null);
}

function accounts({ account_id: id, request: { to_account_id: other } }) {
	if (id === null) return h("span.hint", "Any account");
	return h("span.digits", h("a", { href: accountPlace(id) }, id), other ? [" → ", h("a", { href: accountPlace(other) }, other)] : null);
}

function decision({ status, decided }) {
	return h("span", pill(wordsOf(status), LOOKS[status]), decided ? h("span.hint.block.digits", `${decided.by.name ?? wordsOf(decided.by.kind)}, ${moment(decided.at)}`) : null);
}

/** No one decides on their own request; the API refuses it, too. */
function decide(one, look) {
	const isOwn = one.by.kind === "staff" && one.by.name === person().email;
	const why = isOwn && mayAct() ? "You asked for this. Another member of the finance group decides." : null;
	const words = `${wordsOf(one.kind)} of ${money(one.amount)}`;
	return h("div", h("div.actions", actButton("Approve", () => confirm(one, true, look), { looks: "main", why, name: `Approve: ${words}` }), actButton("Reject", () => confirm(one, false, look), { why, name: `Reject: ${words}` })), why ? h("p.hint", "Your own request") : null);
}

/** The terms of the credit: of a promotion code, the amount for each account; the kind of granted credit; when it expires. */
function terms({ code, amount, kind, expires_at: until }) {
	return [code ? ["Each account gets", money(amount)] : null, kind ? ["Kind", wordsOf(kind)] : null, until ? ["Expires", moment(until)] : null];
}

function confirm(one, isYes, look) {
	const { id, account_id: account, amount, kind, by, request } = one;
	act({
		title: isYes ? "Approve this request?" : "Reject this request?",
		lead: isYes ? (kind === "promotion" ? "The code can be used at once." : "The money moves at once.") : "Nothing moves. The request ends.",
		id: `${isYes ? "approve" : "reject"}:${id}`,
		isDanger: !isYes,
		summary: () => [["What", what(one)], ["Account", request.to_account_id ? `${account} → ${request.to_account_id}` : account ?? "Any account"], ["Requested by", by.name ?? wordsOf(by.kind)], request.reason ? ["Reason", request.reason] : null, ...terms(request), ["Amount", money(amount), "result"]],
		button: () => `${isYes ? "Approve" : "Reject"} ${money(amount)}`,
		send: () => ({ path: `/operator/approvals/${encodeURIComponent(id)}/${isYes ? "approve" : "reject"}` }),
		done: () => (!isYes ? "Rejected. Nothing moved." : kind === "promotion" ? `The code ${request.code} can be used now.` : `${wordsOf(kind)} of ${money(amount)} is posted.`),
		after: look,
	});
}
