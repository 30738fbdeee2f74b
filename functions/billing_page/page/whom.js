// Tells members and admins whom to ask, and names lines and users by their ids.
import { account } from "./account.js";
import { ask, askAll } from "./api.js";
import { h, note } from "./dom.js";
import { settings } from "./settings.js";
import { translator } from "./words.js";
import words from "messages/places";

const t = translator(words);

/** A note for a user who may only read: why, and the billing contacts of the account. */
export function memberNote(why) {
	const whom = h("p", t("askAnyAdmin"));
	(account.overview ? Promise.resolve(account.overview) : ask("GET", "/overview")).then(({ billing_contacts: contacts }) => { if (contacts.length) whom.textContent = t("askContacts", { contacts: contacts.join(", ") }); }, () => {});
	return note("plain", null, h("p", why), whom);
}

/** The help of the provider as a link, or nothing. */
export function providerLink() {
	const { help } = settings.brand;
	return help ? h("a", { href: help, target: "_blank", rel: "noopener noreferrer" }, t("contactProvider")) : null;
}

/** The numbers of lines and the names of users, by id; an unknown one keeps its id. */
export async function loadNames() {
	const [numbers, names] = [new Map(), new Map()];
	for (const { line_id: id, number, user } of await askAll("/lines").catch(() => [])) {
		numbers.set(id, number);
		if (user.name) names.set(user.id, user.name);
	}
	return { number: (id) => numbers.get(id) ?? id, person: (id) => names.get(id) ?? id };
}
