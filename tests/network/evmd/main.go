// Command evmd is a node of a real BFT chain with an Ethereum machine: CometBFT under cosmos/evm.
// Everything is its own; this file only pins it (go.mod, go.sum) and starts its root command.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/evm/cmd/evmd/cmd"
	"github.com/cosmos/evm/cmd/evmd/config"
	"github.com/cosmos/evm/evmd"
)

func main() {
	prefixes := sdk.GetConfig()
	config.SetBech32Prefixes(prefixes)
	prefixes.Seal()
	root := cmd.NewRootCmd()
	if err := svrcmd.Execute(root, "evmd", evmd.DefaultNodeHome); err != nil {
		fmt.Fprintln(root.OutOrStderr(), err)
		os.Exit(1)
	}
}
