// Loads the pages of a list one after another, with visible progress and a button to stop.
import { failure, fill, h } from "./dom.js";
import { translator } from "./words.js";
import messages from "messages/progress";

const t = translator(messages);

/**
 * Call `next(cursor)` and `take(page)` for page after page until the last one, until `isEnough()`, or until the reader stops.
 * `words()` describes the progress. A page that fails can be tried again; the pages before it stay. Returns `{cursor, isStopped}`,
 * or null if another run at the same place replaced this one, or if the reader left the view.
 */
export async function collect(place, { cursor = null, next, take, words, isEnough = () => false }) {
	const turn = {};
	place.turn = turn;
	const isCurrent = () => place.turn === turn && place.isConnected;
	const text = h("p");
	const button = h("button", t("stop"));
	const stopped = new Promise((stop) => { button.addEventListener("click", () => stop(null)); });
	const bar = h("div.progress", h("span.spinner", { "aria-hidden": "true" }), text, button);
	do {
		text.textContent = words();
		if (!bar.isConnected) fill(place, bar);
		place.setAttribute("aria-busy", "true");
		let page;
		try {
			page = await Promise.race([next(cursor), stopped]);
		} catch (problem) {
			if (!isCurrent()) return null;
			place.removeAttribute("aria-busy");
			await new Promise((again) => { fill(place, failure(problem, again)); });
			if (!isCurrent()) return null;
			continue;
		}
		if (!isCurrent()) return null;
		if (page === null) return end(place, { cursor, isStopped: true });
		take(page);
		cursor = page.next_cursor ?? null;
		if (cursor === null) break;
	} while (!isEnough());
	return end(place, { cursor, isStopped: false });
}

function end(place, result) {
	place.removeAttribute("aria-busy");
	fill(place);
	return result;
}
