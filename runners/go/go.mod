module outnumber/runners/go

go 1.22
