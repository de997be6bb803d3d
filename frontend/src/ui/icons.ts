// The icons' paths, in a 24 by 24 box, stroked by the style sheet.
export const ICONS = {
  back: "M15 5l-7 7 7 7",
  calendar: "M5 6h14v13H5zM5 10h14M9 3.5V7M15 3.5V7",
  check: "M5.5 12.5l4.3 4.3L18.5 7.5",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  file: "M7 3.5h7l4 4V20.5H7zM14 3.5v4h4",
  logout: "M14 5H6v14h8M11 12h9M17 8.5l3.5 3.5-3.5 3.5",
  note: "M5 6h14M5 11h14M5 16h8",
  plus: "M12 5.5v13M5.5 12h13",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15 15l5 5",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v6M13.5 10.5v6",
  undo: "M8 5L4 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-4",
  upload: "M12 16V5M7.5 9L12 4.5 16.5 9M5 19.5h14",
} as const;
