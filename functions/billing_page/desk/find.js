// Finding a customer with one field.
import { ask } from "../page/api.js";
import { field, h, load, note, page, say } from "../page/dom.js";
import { plural } from "../page/format.js";
import { table } from "../page/list.js";
import { accountPlace, pill, wordsOf } from "./parts.js";

const KINDS = { account_id: "Account", email: "E-mail", user_name: "User" };

let typed = ""; // Kept while a person looks at an account, and never in the URL: it may be a name or a number.

export function findPage() {
	const input = h("input", { type: "search", name: "find", value: typed, autocomplete: "off", spellcheck: "false", maxlength: "254" });
	const box = field("Account, name, e-mail, or phone number", input, "A whole number or e-mail, or the beginning of a name or an account id.");
	const results = h("div", { "aria-live": "polite" });
	const form = h("form.find", { role: "search", novalidate: true, onsubmit: (event) => { event.preventDefault(); find(); } }, box, h("button.main", { type: "submit" }, "Find"));
	if (typed) find();
	requestAnimationFrame(() => { if (input.isConnected && document.activeElement === document.body) input.focus(); });
	return page("Find a customer", null, h("div.card", form), results);

	function find() {
		typed = input.value.trim();
		box.fails(typed ? null : "Enter an account id, a name, an e-mail, or a phone number.");
		if (!typed) {
			results.replaceChildren();
			input.focus();
			return;
		}
		results.replaceChildren();
		load(results, () => ask("GET", "/operator/accounts", { query: { find: typed } }), show, 3);
	}
}

function show({ items, more }) {
	say(items.length ? `${plural(items.length, "account")} found.` : "No account found.");
	if (!items.length) return note("plain", "No account found.", h("p", "Check the spelling. A phone number needs its country code, such as +1 212 555 0101."));
	return h("div.card", table(["Account", "Name", "Found by"], items.map(row), { isNamed: true }),
		more ? note("wait", "More accounts match.", h("p", "Enter more characters to narrow the search.")) : null);
}

function row({ account_id: id, name, matched: { kind, value } }) {
	return [h("a.whole", { href: accountPlace(id) }, id), name ?? h("span.hint", "No name"), h("span.digits", `${KINDS[kind] ?? wordsOf(kind)}: ${value}`)];
}

export const state = ({ status, frozen }) => (status === "closed" ? pill("Closed") : frozen ? pill("Frozen", "bad") : pill("Open", "good"));
