// A picture made up on the spot: hills under an evening sky, as the bytes of a PNG.
import { PNG } from "pngjs";

const SKY = [
  [252, 214, 160],
  [96, 132, 178],
];
const HILLS = [
  { base: 0.62, height: 0.1, wave: 3.1, colour: [72, 104, 122] },
  { base: 0.74, height: 0.08, wave: 5.3, colour: [38, 82, 84] },
  { base: 0.88, height: 0.05, wave: 7.7, colour: [16, 52, 48] },
];

function colourAt(x, y) {
  const hill = HILLS.findLast(({ base, height, wave }) => y > base - height * Math.sin(x * wave + wave));
  if (hill) return hill.colour;
  if (Math.hypot((x - 0.7) * 1.6, y - 0.32) < 0.08) return [255, 244, 214];
  return SKY[0].map((low, channel) => Math.round(low * y + SKY[1][channel] * (1 - y)));
}

export function landscape(width, height) {
  const picture = new PNG({ width, height });
  for (let at = 0; at < width * height; at += 1) {
    const [red, green, blue] = colourAt((at % width) / width, Math.floor(at / width) / height);
    picture.data.set([red, green, blue, 255], at * 4);
  }
  return PNG.sync.write(picture);
}
