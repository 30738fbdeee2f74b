// The right-to-left names that stand neither alone nor between isolating marks.
() => {
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const { data: text, parentElement: owner } = walker.currentNode;
		if (!/[\u0590-\u08ff]/.test(text) || /\u2068[^\u2069]*[\u0590-\u08ff]/.test(text)) continue;
		if (!owner.closest("bdi, [dir=auto]")) found.push(text);
	}
	return found;
}
