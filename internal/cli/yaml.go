package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// yamlLine is a flag's value and, in a comment, where it comes from.
func yamlLine(flag *kong.Flag, origin string) string {
	value, masked := yamlValue(flag.Target)
	if masked {
		origin += "; what is secret is masked"
	}
	return fmt.Sprintf("%s: %s  # %s", flag.Name, value, strings.Map(printable, origin))
}

// printable keeps a comment in its line.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' {
		return '?'
	}
	return r
}

// yamlValue writes a flag's value so that a configuration file can hold it.
func yamlValue(v reflect.Value) (text string, masked bool) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if text, ok := v.Interface().(fmt.Stringer); ok {
		return yamlText(text.String())
	}
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return fmt.Sprint(v.Interface()), false
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			item, secret := yamlText(fmt.Sprint(v.Index(i).Interface()))
			items, masked = append(items, item), masked || secret
		}
		return "[" + strings.Join(items, ", ") + "]", masked
	case reflect.Map:
		var items []string
		for key, value := range v.Seq2() {
			name, _ := yamlText(fmt.Sprint(key.Interface()))
			item, secret := yamlText(fmt.Sprint(value.Interface()))
			items, masked = append(items, name+": "+item), masked || secret
		}
		slices.Sort(items)
		return "{" + strings.Join(items, ", ") + "}", masked
	}
	return yamlText(fmt.Sprint(v.Interface()))
}

// yamlText quotes a text. JSON's quotes are YAML's.
func yamlText(s string) (text string, masked bool) {
	hidden := mask(s)
	b, err := json.Marshal(hidden)
	if err != nil {
		return `""`, hidden != s
	}
	return string(b), hidden != s
}

// mask hides passwords and tokens: what stands before the last @ of URLs, as a
// password may hold any letter, and parameters that are called like secrets.
func mask(s string) string {
	s = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^/\s:@]*:)?\S*@`).ReplaceAllString(s, "${1}${2}***@")
	return regexp.MustCompile(`(?i)([?&](?:token|key|api_?key|apikey|password|passwd|secret|auth|access_token)=)[^&#\s]*`).ReplaceAllString(s, "${1}***")
}
