package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

func init() {
	if os.Getenv("ZZ") != "" {
		go func() {
			time.Sleep(4 * time.Second)
			runtime.GC()
			f, _ := os.Create(os.Getenv("ZZ"))
			pprof.Lookup("heap").WriteTo(f, 0)
			f.Close()
		}()
	}
}
