import { bytes, integer, text } from './encode-protobuf.ts';

/**
 * The model that `image.classify` has when it is given none: it says what part of a picture has which of eleven colours,
 * and knows nothing of what the picture shows. Each block of 7 × 7 pixels is drawn to the colours by how near its mean is to
 * them, and the picture's answer is the mean of its blocks'.
 *
 * It is an ONNX file (https://onnx.ai) like any other: input `pixels` of N × 3 × 224 × 224, normalised as ImageNet's models
 * want it; output `shares` of N × 11, each row's sum 1. The distance to a colour is linear in the block's mean but for a term that
 * all colours share, so one 1 × 1 convolution measures all distances, and a softmax over them is the decision.
 */
export const COLOURS: Readonly<Record<string, readonly [red: number, green: number, blue: number]>> = {
  black: [20, 20, 20],
  grey: [128, 128, 128],
  white: [240, 240, 240],
  red: [200, 30, 35],
  orange: [235, 130, 30],
  brown: [110, 70, 40],
  yellow: [240, 215, 60],
  green: [60, 145, 60],
  blue: [45, 90, 190],
  purple: [120, 50, 150],
  pink: [240, 160, 190],
};

/** How sharply a block decides; in squared steps of the normalised colour space. */
const SHARPNESS = 3;
// As the models for ImageNet have it: (value / 255 - MEAN) / DEVIATION.
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const SIDE = 224;
/** Pixels of a block's side: so many that the model costs less than decoding the picture. */
const BLOCK = 7;
const FLOAT = 1;
const IR_VERSION = 8;
const OPSET = 13;

export function colourModel(): Buffer {
  const colours = Object.values(COLOURS).map((colour) =>
    colour.map((value, channel) => (value / 255 - (MEAN[channel] ?? 0)) / (DEVIATION[channel] ?? 1)),
  );
  const weights = colours.flat().map((value) => 2 * SHARPNESS * value);
  const biases = colours.map((colour) => -SHARPNESS * colour.reduce((sum, value) => sum + value * value, 0));
  const graph = bytes(
    7,
    node(
      'AveragePool',
      ['pixels'],
      'blocks',
      integersAttribute('kernel_shape', [BLOCK, BLOCK]),
      integersAttribute('strides', [BLOCK, BLOCK]),
    ),
    node('Conv', ['blocks', 'weights', 'biases'], 'nearness'),
    node('Softmax', ['nearness'], 'choices', integerAttribute('axis', 1)),
    node('GlobalAveragePool', ['choices'], 'means'),
    node('Flatten', ['means'], 'shares', integerAttribute('axis', 1)),
    text(2, 'colours'),
    tensor('weights', [colours.length, 3, 1, 1], weights),
    tensor('biases', [colours.length], biases),
    bytes(11, valueInfo('pixels', ['N', 3, SIDE, SIDE])),
    bytes(12, valueInfo('shares', ['N', colours.length])),
  );
  return Buffer.concat([integer(1, IR_VERSION), text(2, 'heddle'), graph, bytes(8, integer(2, OPSET))]);
}

/** One name a line, in the order of the model's outputs. */
export function colourLabels(): string {
  return `${Object.keys(COLOURS).join('\n')}\n`;
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  ...attributes: readonly Buffer[]
): Buffer {
  return bytes(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, operator),
    ...attributes,
  );
}

function integerAttribute(name: string, value: number): Buffer {
  const INT = 2;
  return bytes(5, text(1, name), integer(3, value), integer(20, INT));
}

function integersAttribute(name: string, values: readonly number[]): Buffer {
  const INTS = 7;
  return bytes(5, text(1, name), ...values.map((value) => integer(8, value)), integer(20, INTS));
}

function tensor(name: string, shape: readonly number[], values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => data.writeFloatLE(value, index * 4));
  return bytes(5, ...shape.map((size) => integer(1, size)), integer(2, FLOAT), text(8, name), bytes(9, data));
}

function valueInfo(name: string, shape: readonly (number | string)[]): Buffer {
  const dimensions = shape.map((size) =>
    bytes(1, typeof size === 'string' ? text(2, size) : integer(1, size)),
  );
  const type = bytes(1, integer(1, FLOAT), bytes(2, ...dimensions));
  return Buffer.concat([text(1, name), bytes(2, type)]);
}
