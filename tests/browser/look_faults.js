// What scrolls sideways, leaves its place, is cut off, or lies over other text.
() => {
  const faults = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  const isSeen = one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.unseen, .skip, option, thead:not(:has(th:not(.unseen)))');
  const name = one => `${one.tagName.toLowerCase()}.${one.className} "${one.textContent.trim().slice(0, 40)}"`;
  const clipped = one => { for (let at = one; at; at = at.parentElement) if (getComputedStyle(at).clipPath !== 'none') return true; return false; };
  const scrolled = one => one.closest('.scroll, .offers');
  const texts = [];
  const walker = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, owner = node.parentElement;
    if (!node.data.trim() || !isSeen(owner) || clipped(owner) || scrolled(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) texts.push({ owner, box });
  }
  for (const { owner, box } of texts) {
    if (!owner.closest('.call-table td') && (box.left < -1 || box.right > root.clientWidth + 1)) faults.push(`outside the window: ${name(owner)}`);
    const card = owner.closest('.card, .note, dialog, td, th, button, .button, label');
    const frame = card?.getBoundingClientRect();
    if (frame && (box.left < frame.left - 1.5 || box.right > frame.right + 1.5)) {
      if (!owner.closest('.call-table td')) faults.push(`outside its ${card.tagName} ${card.className}: ${name(owner)}`);
    }
  }
  for (const one of document.querySelectorAll('body *')) {
    const style = getComputedStyle(one);
    if (!isSeen(one) || clipped(one) || !one.textContent.trim() || one.closest('svg')) continue;
    const isCut = ['hidden', 'clip'].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
    if (isCut && !one.closest('.call-table td')) faults.push(`cut off: ${name(one)}`);
  }
  const cells = texts.filter(({ owner }) => !owner.closest('.axis, .ticks, .call-table td'));
  for (let first = 0; first < cells.length; first += 1) {
    for (let second = first + 1; second < Math.min(cells.length, first + 60); second += 1) {
      const [one, other] = [cells[first], cells[second]];
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      const small = Math.min(one.box.height, other.box.height);
      if (wide > 1 && high > small * 0.45 && one.owner !== other.owner) faults.push(`over each other: ${name(one.owner)} and ${name(other.owner)}`);
    }
  }
  return [...new Set(faults)];
}
