// A text field that offers what fits the text: a combobox with a list, for mouse, keyboard, and screen readers.
import { field, fill, fresh, h, say } from "./dom.js";
import { translator } from "./words.js";
import words from "messages/places";

const t = translator(words);

/**
 * A labeled field. `offers(text)` returns `[{value, label, detail}]`, the likeliest first; `choose(offer)` gets the chosen one, and
 * `enter(text)` the text if Enter is pressed and nothing fits.
 */
export function combobox(label, hint, { name, value = "", offers, choose, enter }) {
	const id = fresh("offers");
	const list = h("ul.offers", { id, role: "listbox", "aria-label": t("suggestions"), hidden: true });
	const input = h("input", { type: "text", name, value, role: "combobox", autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "search", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list",
		oninput: () => open(), onkeydown: press, onblur: close });
	const box = field(label, input, hint);
	input.after(list);
	let [found, active] = [[], 0];
	box.input = input;
	box.first = () => offers(input.value.trim())[0];
	return box;

	function open() {
		box.fails(null);
		found = input.value.trim() ? offers(input.value.trim()) : [];
		mark(0);
		fill(list, found.map((offer, index) => h("li", { id: `${id}-${index}`, role: "option", "aria-selected": String(index === active), onpointerdown: (event) => event.preventDefault(), onclick: () => take(offer) },
			h("span", offer.label), offer.detail ? h("span.hint", offer.detail) : null)));
		list.hidden = !found.length;
		input.setAttribute("aria-expanded", String(!list.hidden));
		if (found.length) input.setAttribute("aria-activedescendant", `${id}-0`);
		if (input.value.trim()) say(t("found", { count: found.length }));
	}
	function close() {
		list.hidden = true;
		found = [];
		input.setAttribute("aria-expanded", "false");
		input.removeAttribute("aria-activedescendant");
	}
	function mark(index) {
		active = index;
		for (const [place, option] of [...list.children].entries()) option.setAttribute("aria-selected", String(place === active));
		list.children[active]?.scrollIntoView({ block: "nearest" });
		if (found.length) input.setAttribute("aria-activedescendant", `${id}-${active}`);
	}
	function take(offer) {
		close();
		choose(offer);
	}
	function press(event) {
		if (event.key === "Escape" && !list.hidden) {
			event.preventDefault();
			close();
		} else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			if (list.hidden) open();
			else mark((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
		} else if (event.key === "Enter" && !event.isComposing) {
			event.preventDefault();
			const offer = list.hidden ? box.first() : found[active];
			if (offer) take(offer);
			else enter?.(input.value.trim());
		}
	}
}
