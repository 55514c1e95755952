// Verify checks a log that was written by another program, with nothing but Go's own checksum database libraries.
//
//	verify FOLDER [PROOFS]
//
// FOLDER holds the log as C2SP tlog-tiles serves it, with its verifier key in vkey, and beside the checkpoint earlier
// ones as checkpoint.*. The signature of each is verified, every entry (of a log of more than 10,000 each 101st) is
// proved to be in the newest tree, and each earlier tree to be its beginning, by proofs that Go makes from the tiles. PROOFS holds proofs that the other program
// made, as JSON. It prints how many of each held, and ends with status 1 at the first that does not.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index  int64
		Leaf   tlog.Hash
		Hashes []tlog.Hash
	}
	Consistency []struct {
		Old    int64
		Root   tlog.Hash
		Hashes []tlog.Hash
	}
}

type files struct{ folder string }

func (f files) Height() int { return 8 }

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles reads tiles from where tlog-tiles puts them: Go's own paths have the height of the tiles in them.
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func main() {
	log.SetFlags(0)
	folder := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(read(folder, "vkey")))
	check(err)
	size, root := checkpoint(read(folder, "checkpoint"), verifier)
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, files{folder})

	for start := int64(0); start < size; start += 256 {
		width := size - start
		name := tlog.Tile{H: 8, L: 0, N: start / 256, W: 256}
		if width < 256 {
			name.W = int(width)
		}
		data := []byte(read(folder, "tile/entries/"+strings.TrimPrefix(name.Path(), "tile/8/0/")))
		for index := start; index < start+int64(name.W); index++ {
			length := int(binary.BigEndian.Uint16(data))
			leaf := tlog.RecordHash(data[2 : 2+length])
			data = data[2+length:]
			if size > 10000 && index%101 != 0 {
				continue
			}
			proof, err := tlog.ProveRecord(size, index, reader)
			check(err)
			check(tlog.CheckRecord(proof, size, root, index, leaf))
		}
		if len(data) != 0 {
			log.Fatalf("%d bytes too many in the bundle at %d", len(data), start)
		}
	}

	earlier, err := filepath.Glob(filepath.Join(folder, "checkpoint.*"))
	check(err)
	for _, path := range earlier {
		old, oldRoot := checkpoint(read("", path), verifier)
		proof, err := tlog.ProveTree(size, old, reader)
		check(err)
		check(tlog.CheckTree(proof, size, root, old, oldRoot))
	}

	var given proofs
	if len(os.Args) > 2 {
		check(json.Unmarshal([]byte(read("", os.Args[2])), &given))
	}
	for _, proof := range given.Inclusion {
		check(tlog.CheckRecord(proof.Hashes, size, root, proof.Index, proof.Leaf))
	}
	for _, proof := range given.Consistency {
		check(tlog.CheckTree(proof.Hashes, size, root, proof.Old, proof.Root))
	}
	fmt.Printf("%d %d %d %d\n", size, len(earlier), len(given.Inclusion), len(given.Consistency))
}

func checkpoint(text string, verifier note.Verifier) (int64, tlog.Hash) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return size, root
}

func read(folder, name string) string {
	data, err := os.ReadFile(filepath.Join(folder, name))
	check(err)
	return string(data)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
