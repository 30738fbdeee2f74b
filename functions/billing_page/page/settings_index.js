// The index of the settings: where each is, and what it does.
import { h, page } from "./dom.js";
import { translator } from "./words.js";
import words from "messages/places";

const t = translator(words);
const ENTRIES = ["billing", "limits", "notifications", "refused", "activity", "freeze"];

export function settingsPage(_query, { isAdmin }) {
	return page(t("settings"), t("settingsLead"), h("ul.index", ENTRIES.filter((name) => isAdmin || name !== "freeze").map((name) =>
		h("li.card", h("h2", h("a", { href: `#/settings/${name}` }, t(`to_${name}`))), h("p.hint", t(`about_${name}`))))));
}

/** A view below the index. */
export const settingsView = (title, lead, ...content) => {
	const view = page(title, lead, ...content);
	view.prepend(h("a.back", { href: "#/settings" }, t("settings")));
	return view;
};
