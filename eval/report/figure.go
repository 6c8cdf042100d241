package report

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The size of a figure, and of its bars.
const (
	figureWidth  = 17 * vg.Centimeter
	figureHeight = 9 * vg.Centimeter
	barsWidth    = 11 * vg.Centimeter // of all bars together
)

// colours can be told apart by those who see some alike (Okabe and Ito 2008).
var colours = [...]color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {0, 0, 0, 255}, {148, 120, 60, 255},
}

func colour(i int) color.RGBA { return colours[i%len(colours)] }

// faded is the colour of a band around a line.
func faded(c color.RGBA) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, 50} }

// SVG draws the figure, as an element of a page.
func (f Figure) SVG() (template.HTML, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = f.X.Title, f.Y.Title
	for _, style := range []*font.Font{
		&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font,
	} {
		style.Variant = "Sans"
	}
	p.Add(plotter.NewGrid())
	axis(&p.X, f.X)
	axis(&p.Y, f.Y)
	for i, l := range f.Lines {
		if err := addLine(p, l, i); err != nil {
			return "", fmt.Errorf("figure %s, line %q: %w", f.Name, l.Name, err)
		}
	}
	if err := f.addBars(p); err != nil {
		return "", fmt.Errorf("figure %s: %w", f.Name, err)
	}
	if len(f.Lines) == 0 && len(f.Bars) == 0 {
		return "", fmt.Errorf("figure %s: nothing is in it", f.Name)
	}
	w, err := p.WriterTo(figureWidth, figureHeight, "svg")
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", f.Name, err)
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		return "", fmt.Errorf("figure %s: %w", f.Name, err)
	}
	_, svg, found := bytes.Cut(out.Bytes(), []byte("<svg"))
	if !found {
		return "", errors.New("the plotting library drew no SVG")
	}
	// All text in it has been escaped by the library.
	return template.HTML("<svg role=\"img\"" + string(svg)), nil
}

// Mark says how something in a figure is drawn.
type Mark struct {
	Name   string
	Colour template.CSS
	Dashed bool
}

// Legend names what is drawn. It stands beside the figure, where it hides
// nothing.
func (f Figure) Legend() (all []Mark) {
	mark := func(i int, name string, dashed bool) {
		c := colour(i)
		all = append(all, Mark{name, template.CSS(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)), dashed})
	}
	for i, l := range f.Lines {
		mark(i, l.Name, l.Published)
	}
	for i, b := range f.Bars {
		mark(i, b.Name, false)
	}
	return all
}

func axis(a *plot.Axis, of Axis) {
	if of.Log {
		a.Scale = plot.LogScale{}
		a.Tick.Marker = plot.LogTicks{Prec: -1}
	}
}

// addLine draws points, what joins them, and the band that they may lie in.
func addLine(p *plot.Plot, l Line, i int) error {
	points := make(plotter.XYs, len(l.Points))
	var upper, lower plotter.XYs
	for j, point := range l.Points {
		points[j] = plotter.XY{X: point.X, Y: point.Y}
		if point.Low < point.High {
			upper = append(upper, plotter.XY{X: point.X, Y: point.High})
			lower = append(lower, plotter.XY{X: point.X, Y: point.Low})
		}
	}
	if len(upper) > 1 {
		for j := len(lower) - 1; j >= 0; j-- {
			upper = append(upper, lower[j])
		}
		band, err := plotter.NewPolygon(upper)
		if err != nil {
			return err
		}
		band.Color = faded(colour(i))
		band.LineStyle.Width = 0
		p.Add(band)
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, dots.Color = colour(i), colour(i)
	line.Width = vg.Points(1.5)
	dots.Shape, dots.Radius = draw.CircleGlyph{}, vg.Points(2)
	if l.Published {
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		dots.Shape = draw.CrossGlyph{}
	}
	p.Add(line)
	if len(points) <= 60 { // more would be a thick line
		p.Add(dots)
	}
	return nil
}

// addBars draws groups of bars side by side.
func (f Figure) addBars(p *plot.Plot) error {
	if len(f.Bars) == 0 {
		return nil
	}
	width := min(barsWidth/vg.Length(len(f.Names)*(len(f.Bars)+1)), vg.Centimeter)
	for i, b := range f.Bars {
		bars, err := plotter.NewBarChart(plotter.Values(b.Values), width)
		if err != nil {
			return fmt.Errorf("bars %q: %w", b.Name, err)
		}
		bars.Color = colour(i)
		bars.LineStyle.Width = 0
		bars.Offset = width * vg.Length(2*i+1-len(f.Bars)) / 2
		p.Add(bars)
	}
	p.NominalX(f.Names...)
	return nil
}
