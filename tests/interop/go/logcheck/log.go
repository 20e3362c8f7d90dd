package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A log is one whose checkpoint has been opened; its hashes are read from tiles that are checked against that.
type log struct {
	origin   string
	tree     tlog.Tree
	verifier note.Verifiers
	from     *source
	hashes   tlog.HashReader
}

// A manifest is what a leaf says of its block, as far as it is checked here.
type manifest struct {
	Block int64     `json:"block"`
	Count int64     `json:"count"`
	Root  tlog.Hash `json:"root"`
}

func openLog(vkey string, from *source) (*log, error) {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	message, err := from.read("checkpoint")
	if err != nil {
		return nil, err
	}
	opened := &log{verifier: note.VerifierList(key), from: from}
	if opened.origin, opened.tree, err = opened.head(message); err != nil {
		return nil, err
	}
	opened.hashes = tlog.TileHashReader(opened.tree, tileReader{from})
	root, err := tlog.TreeHash(opened.tree.N, opened.hashes)
	if err != nil {
		return nil, err
	}
	if root != opened.tree.Hash {
		return nil, fmt.Errorf("the tiles' root is %v, the checkpoint's %v", root, opened.tree.Hash)
	}
	return opened, nil
}

// head opens a signed checkpoint. Its text is C2SP tlog-checkpoint's: origin, size, root.
func (l *log) head(message []byte) (string, tlog.Tree, error) {
	signed, err := note.Open(message, l.verifier)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 {
		return "", tlog.Tree{}, fmt.Errorf("a checkpoint of %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return lines[0], tlog.Tree{N: size, Hash: root}, err
}

// checkEveryManifest reads all entry bundles and proves each entry to be the leaf of its number.
func (l *log) checkEveryManifest() ([]manifest, error) {
	var manifests []manifest
	for first := int64(0); first < l.tree.N; first += 256 {
		width := l.tree.N - first
		if width > 256 {
			width = 256
		}
		path := tiledPath(tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)})
		bundle, err := l.from.read(path)
		if err != nil {
			return nil, err
		}
		for block := first; block < first+width; block++ {
			var entry []byte
			if entry, bundle, err = cutEntry(bundle); err != nil {
				return nil, fmt.Errorf("%s: %v", path, err)
			}
			proof, err := tlog.ProveRecord(l.tree.N, block, l.hashes)
			if err != nil {
				return nil, err
			}
			if err := tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, block, tlog.RecordHash(entry)); err != nil {
				return nil, fmt.Errorf("manifest %d: %v", block, err)
			}
			var read manifest
			if err := json.Unmarshal(entry, &read); err != nil {
				return nil, err
			}
			if read.Block != block {
				return nil, fmt.Errorf("leaf %d is the manifest of block %d", block, read.Block)
			}
			manifests = append(manifests, read)
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("%s has %d bytes too many", path, len(bundle))
		}
	}
	return manifests, nil
}

// cutEntry takes the first entry off a bundle: a big-endian 16-bit length, then the entry.
func cutEntry(bundle []byte) (entry, rest []byte, err error) {
	if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
		return nil, nil, fmt.Errorf("the bundle is cut off")
	}
	end := 2 + int(binary.BigEndian.Uint16(bundle))
	return bundle[2:end], bundle[end:], nil
}

// checkEarlierHeads proves that the log has only grown since each of the checkpoints in a folder.
func (l *log) checkEarlierHeads(folder string) (int, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		message, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return 0, err
		}
		_, before, err := l.head(message)
		if err != nil {
			return 0, fmt.Errorf("%s: %v", file.Name(), err)
		}
		proof, err := tlog.ProveTree(l.tree.N, before.N, l.hashes)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(proof, l.tree.N, l.tree.Hash, before.N, before.Hash); err != nil {
			return 0, fmt.Errorf("from size %d to %d: %v", before.N, l.tree.N, err)
		}
	}
	return len(files), nil
}
