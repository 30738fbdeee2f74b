// Requests that wait for a second person.
import { act } from "./act.js";
import { ask } from "./api.js";
import { h, load, note, page } from "./dom.js";
import { moment, money } from "./format.js";
import { table } from "./list.js";
import { accountPlace, actButton, mayAct, pill, wordsOf } from "./parts.js";
import { person } from "./session.js";

export function approvalsPage() {
	const place = h("div");
	const look = () => load(place, () => ask("GET", "/operator/approvals"), (list) => show(list, look), 4);
	look();
	return page("Approvals", "Above the daily amount of a person, money moves only when another member of the finance group approves, within a day.", place);
}

function show({ items }, look) {
	if (!items.length) return note("good", "Nothing waits for approval.");
	return h("div.card", table(["Requested", "What", "#Amount", "Account", "Reason", "Until", ""], items.map((one) => row(one, look))));
}

const byOf = ({ requested_by: by, by: other }) => by ?? other ?? {};
const isOwn = (one) => one.is_own ?? (byOf(one).id === person().id || byOf(one).name === person().email);

function row(one, look) {
	const { requested_at: at, expires_at: until, reason, amount, status = "waiting" } = one;
	const by = byOf(one);
	const why = !mayAct() ? null : isOwn(one) ? "You requested this. Another member of the finance group decides." : null;
	const words = `${wordsOf(one.kind)} of ${money(amount)}`;
	const decide = status === "waiting" ? h("div.actions", actButton("Approve", () => decision(one, true, look), { looks: "main", why, name: `Approve: ${words}` }), actButton("Reject", () => decision(one, false, look), { why: isOwn(one) ? why : null, name: `Reject: ${words}` })) : pill(wordsOf(status));
	return [h("span", moment(at), h("span.hint.block.digits", by.name ?? by.id ?? "")), wordsOf(one.kind), money(amount), accounts(one), h("span.digits", reason), moment(until), h("div", decide, why && status === "waiting" ? h("span.hint.block", "Your own request") : null)];
}

function accounts({ account_id: id, to_account_id: other }) {
	return h("span.digits", h("a", { href: accountPlace(id) }, id), other ? [" → ", h("a", { href: accountPlace(other) }, other)] : null);
}

function decision(one, isYes, look) {
	const { id, account_id: account, to_account_id: other, amount, reason, kind } = one;
	act({
		title: isYes ? "Approve this request?" : "Reject this request?",
		lead: isYes ? "The money moves at once." : "Nothing moves. The request ends.",
		id: `${isYes ? "approve" : "reject"}:${id}`,
		isDanger: !isYes,
		summary: () => [["What", wordsOf(kind)], ["Account", other ? `${account} → ${other}` : account], ["Requested by", byOf(one).name ?? ""], ["Reason", reason], ["Amount", money(amount), "result"]],
		button: () => `${isYes ? "Approve" : "Reject"} ${money(amount)}`,
		send: () => ({ path: `/operator/approvals/${encodeURIComponent(id)}/${isYes ? "approve" : "reject"}`, body: {} }),
		done: () => (isYes ? `${money(amount)} moved.` : "Rejected. Nothing moved."),
		after: look,
	});
}
