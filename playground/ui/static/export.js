// A picture file of what is on the canvas: the layers painted anew at a higher resolution, put under the same
// Plotly axes, and turned into a PNG data URL. Knows nothing of frames or of the page.

const SIDE = 640;

export async function picture(panes, theme, scale, titles) {
  const urls = [];
  for (const [i, pane] of panes.entries()) urls.push(await one(pane, theme, scale, titles[i]));
  return urls.length === 1 ? urls[0] : beside(urls, theme);
}

async function one(pane, theme, scale, title) {
  const current = pane.axes._fullLayout;
  const { margin } = pane.data;
  const plot = SIDE - margin.l - margin.r;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = plot * scale;
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  const live = pane.geometry();
  pane.paintOn(context, { ...live, left: 0, top: 0, width: plot, height: plot }, scale);
  const image = {
    source: canvas.toDataURL(), xref: 'paper', yref: 'paper', x: 0, y: 1, sizex: 1, sizey: 1, sizing: 'stretch',
    layer: 'below',
  };
  const top = 62;
  const layout = {
    ...structuredClone(pane.axes.layout), width: SIDE, height: plot + top + margin.b, images: [image],
    paper_bgcolor: theme.colours.background,
    title: { text: title, x: 0, xref: 'paper', xanchor: 'left', y: 0.975, yref: 'container', yanchor: 'top', font: { size: 15 } },
    margin: { ...margin, t: top },
  };
  for (const axis of ['xaxis', 'yaxis']) layout[axis].range = [...current[axis].range];
  return window.Plotly.toImage({ data: pane.axes.data, layout }, { format: 'png', width: SIDE, height: layout.height, scale });
}

async function beside(urls, theme) {
  const images = await Promise.all(urls.map((url) => new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.src = url;
  })));
  const canvas = document.createElement('canvas');
  canvas.width = images.reduce((sum, image) => sum + image.width, 0);
  canvas.height = Math.max(...images.map((image) => image.height));
  const context = canvas.getContext('2d');
  context.fillStyle = theme.colours.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let x = 0;
  for (const image of images) {
    context.drawImage(image, x, 0);
    x += image.width;
  }
  return canvas.toDataURL();
}
