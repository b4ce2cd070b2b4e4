#!/usr/bin/env python3
import sys
print("figure: drawn later", sys.argv[1:])
