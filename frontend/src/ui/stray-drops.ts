// A file that is dropped beside the place for it would take the page, and what is typed there, away.

export function refuseStrayDrops(target: EventTarget): void {
  for (const sign of ["dragover", "drop"]) {
    target.addEventListener(sign, (event) => {
      if (event.defaultPrevented || !(event instanceof DragEvent)) return;
      const carried = event.dataTransfer;
      if (!carried?.types.includes("Files")) return;
      event.preventDefault();
      carried.dropEffect = "none";
    });
  }
}
