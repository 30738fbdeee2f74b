// The lines and users of an account.
import { ask } from "../page/api.js";
import { h, note } from "../page/dom.js";
import { micros, money, roundedMoney } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { actButton, apiPath, bundleText, pill } from "./parts.js";
import { changeLine, changeUser } from "./changing.js";

export function peopleView(account, _query, renew) {
	const [lines, users] = [h("div"), h("div")];
	growing(lines, (cursor) => ask("GET", apiPath(account.account_id, "lines"), { query: { cursor } }), (items) => (items.length ? table(["Number", "Line", "User", "International calling", "Budgets this month", ""], items.map((line) => [h("span.whole", line.number), h("span", h("span.digits", line.line_id), line.bundles ? h("span.hint.block", `Included minutes: ${bundleText(line.bundles)}`) : null), line.user.name ?? line.user.id ?? "", line.international_calling ? pill("On", "good") : pill("Off"), budgets(line),
		actButton("Change", () => changeLine(account, line, renew), { name: `Change line ${line.number}` })]), { isNamed: true }) : note("plain", "No lines yet.")), 3);
	list(users, account, "users", (items) => (items.length ? table(["Name", "User", ""], items.map((user) => [user.name, h("span.digits", user.user_id), actButton("Rename", () => changeUser(account, user, renew), { name: `Rename ${user.name}` })]), { isNamed: true }) : note("plain", "No users yet.")));
	return [
		h("section.card", { "aria-labelledby": "lines" }, h("div.card-head", h("h2", { id: "lines" }, "Lines"), actButton("Add a line", () => changeLine(account, null, renew), { why: account.users.length ? null : "Add a user first." })), lines),
		h("section.card", { "aria-labelledby": "users" }, h("div.card-head", h("h2", { id: "users" }, "Users"), actButton("Add a user", () => changeUser(account, null, renew))), users),
	];
}

/** The budgets of a line and of its user, which the customer sets, and whether someone asks for more. */
function budgets({ budget, user, budget_requests: requests = [] }) {
	const shown = [["Line", budget], ["All lines of the user", user.budget]].filter(([, one]) => one);
	if (!shown.length) return h("span.hint", "None");
	return h("span", shown.map(([whose, one]) => h("span.block", `${whose}: ${roundedMoney(one.spent)} of ${money(one.limit)} spent${micros(one.held) > 0n ? `, ${money(one.held)} on hold` : ""}${one.refused ? ", refused a call" : ""}${one.at === "tell" ? ", only announced" : ""}${one.state === "counting" ? ", being counted" : ""}`)), requests.length ? h("span.pill.wait.block", "Asked for more") : null);
}

/** The first items came with the account; more are loaded page by page. Lines came without their budgets. */
function list(place, account, kind, show) {
	const first = { items: account[kind], next_cursor: null };
	growing(place, (cursor) => (account[`more_${kind}`] || cursor ? ask("GET", apiPath(account.account_id, kind), { query: { cursor } }) : Promise.resolve(first)), show, 3);
}
